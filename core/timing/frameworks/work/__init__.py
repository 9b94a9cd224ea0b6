"""What every framework is asked to do, and what it must come to: no more than NumPy, in any environment."""
