"""Charts of a training: its curves, and what the network sees, a file for each kind of data."""
