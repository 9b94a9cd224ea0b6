"""Nablascope's server: the pages of main.py, and what a browser fetches by itself.

`streamlit run dashboard/app.py` starts it.
"""

import streamlit as st

from dashboard.film.routes import routes

app = st.App("main.py", routes=routes())
