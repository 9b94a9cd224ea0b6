"""Nablascope's server: the pages of main.py. `streamlit run dashboard/app.py` starts it."""

import streamlit as st

app = st.App("main.py")
