"""What a page shows and is too much to compute in the web process: an immediate job computes it."""
