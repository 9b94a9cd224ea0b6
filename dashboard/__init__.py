"""The dashboard: pages that read controls, call core and draw."""
