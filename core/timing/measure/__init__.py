"""How one operation is timed, and what makes the figure trustworthy: clock, noise, conditions, precision."""
