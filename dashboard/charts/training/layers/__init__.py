"""Charts of what happens inside the layers of a network."""
