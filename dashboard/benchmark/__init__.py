"""The Benchmark page: its controls, its panels, and results that are opened."""
