"""The process of one framework: standard library, NumPy and that framework, and no more."""
