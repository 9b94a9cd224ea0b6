"""What a person can take away from a run: a script, weights, a network for other runtimes, metrics."""
