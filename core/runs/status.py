"""What can become of a run."""

QUEUED, RUNNING, PAUSED = "queued", "running", "paused"
FINISHED, STOPPED, FAILED, INTERRUPTED = "finished", "stopped", "failed", "interrupted"
ENDED = (FINISHED, STOPPED, FAILED, INTERRUPTED)
