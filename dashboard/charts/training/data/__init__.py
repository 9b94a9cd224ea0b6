"""Charts of the data that a training learns from."""
