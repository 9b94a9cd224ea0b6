"""The film of a training: its frames, and the snapshots that are drawn from them afterwards."""
