"""The operator's page: who runs what, what it takes, and what is said to everybody."""
