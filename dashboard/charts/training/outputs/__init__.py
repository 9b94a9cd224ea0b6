"""Charts of what a network predicts."""
