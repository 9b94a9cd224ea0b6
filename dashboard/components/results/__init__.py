"""What a timing result is shown with: figures, roofline, comparison with another, a card to share."""
