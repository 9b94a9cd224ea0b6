"""What the player shows of each snapshot: a picture in, panels out."""
