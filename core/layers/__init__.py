"""What each layer of a network costs: shapes, parameters, FLOPs, memory and time."""
