"""Charts of what a network generates."""
