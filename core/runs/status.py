"""What can become of a run."""

QUEUED, RUNNING, PAUSED = "queued", "running", "paused"
FINISHED, STOPPED, FAILED, INTERRUPTED = "finished", "stopped", "failed", "interrupted"
LIMITED = "limited"  # ended by the server, since it had taken all that a run may take
ENDED = (FINISHED, STOPPED, LIMITED, FAILED, INTERRUPTED)
