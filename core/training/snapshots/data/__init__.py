"""Pictures of the data, drawn once before the first step."""
