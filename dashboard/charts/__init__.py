"""Charts: rows or events in, an Altair chart out. Nothing here imports Streamlit."""
