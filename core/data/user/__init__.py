"""Data that a person brings: a typed formula, and images of their own."""
