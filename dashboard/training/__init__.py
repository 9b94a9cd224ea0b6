"""The room of the Train page: its form, the tables and images that people add, and what follows a run."""
