"""What the pages of activation functions share."""
