"""What starts runs: worker processes on this machine."""
