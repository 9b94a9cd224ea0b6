"""What an activation function costs: time forward and backward, fused or not, and saved memory."""
