"""What can be wrong with the run store, how to say so, and how to wait until it is over."""
