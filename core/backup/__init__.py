"""A copy of the data folder that is whole, made while a server runs, and a data folder from such a copy."""
