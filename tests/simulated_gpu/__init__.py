"""A GPU that is none: README.md says what it is and what it cannot show."""
