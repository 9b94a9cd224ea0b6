"""Charts of what a player has learnt, and of how its episodes went."""
