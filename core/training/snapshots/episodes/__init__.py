"""Pictures of what a player has learnt, and how its episodes went."""
