"""The loss around the weights that a training has ended with: a slice of its landscape, and its sharpness."""
