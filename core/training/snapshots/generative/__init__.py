"""Pictures of what a network generates."""
