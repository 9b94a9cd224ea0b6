"""Charts of what was measured on this machine: rates, roofs, speed-ups, load."""
