"""The wheel in empty environments of several Pythons and torches: `make matrix`."""
