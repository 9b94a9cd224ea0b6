"""Measuring operations: the clock, the workloads and sweeps over them. `python -m core.timing --help`."""
