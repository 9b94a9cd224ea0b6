"""What this machine does now and did in the last hour, kept by one poller for all who look."""
