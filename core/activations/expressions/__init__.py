"""Typed activation functions: an expression of x parsed, rewritten, differentiated and written as LaTeX."""
