"""What the page of the overview is made of: the chapters with their cards, and the page of one statement."""
