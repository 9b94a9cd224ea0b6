"""Dying units: at which learning rates and biases units stop reacting for good."""
