"""Many points measured: configs, suites, comparison with a baseline, speed-ups."""
