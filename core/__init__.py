"""Nablascope without a face: activations, networks, training, timing and devices. Never imports Streamlit."""
