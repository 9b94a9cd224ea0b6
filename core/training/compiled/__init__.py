"""Training steps of small networks compiled to machine code; README.md says why, and how they are checked."""
