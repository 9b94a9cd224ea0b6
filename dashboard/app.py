"""Nablascope's server: the pages of main.py, and what a browser fetches by itself.

`streamlit run dashboard/app.py` starts it.
"""

import streamlit as st
from starlette.middleware import Middleware

from dashboard.browser_cookie import BrowserCookie
from dashboard.film.routes import routes

app = st.App("main.py", routes=routes(), middleware=[Middleware(BrowserCookie)])
