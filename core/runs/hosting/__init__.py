"""What several servers of one address share beside the runs: who has signed in, a message, a drain."""
