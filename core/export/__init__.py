"""What a person can export from a run: a script, weights, a network for other runtimes, metrics."""
