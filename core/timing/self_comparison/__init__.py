"""How often this machine makes the verdict wrong: one operation against itself, many times."""
