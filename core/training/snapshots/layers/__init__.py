"""Pictures of what happens inside a network's layers."""
