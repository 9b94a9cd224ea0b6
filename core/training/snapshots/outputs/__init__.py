"""Pictures of what a network predicts."""
