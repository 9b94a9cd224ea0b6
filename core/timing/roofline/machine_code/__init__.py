"""Machine code, written into executable memory: kept apart, and run by one caller alone.

Only core.timing.roofline.job loads this room, while it runs in a worker process or on a command line, and
never the web process. Where the system, the processor or the variable NABLASCOPE_NO_MACHINE_CODE forbids it,
the peak is unknown, with the reason, and nothing else changes.
"""
