"""Nablascope's entry script: which pages there are. Run it with `streamlit run dashboard/app.py`."""

import streamlit as st

st.set_page_config(page_title="Nablascope", page_icon="∇", layout="wide")

st.navigation(
    [
        st.Page("views/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("views/activations.py", title="Activations", icon=":material/ssid_chart:"),
        st.Page("views/train.py", title="Train", icon=":material/play_circle:"),
        st.Page("views/benchmark.py", title="Benchmark", icon=":material/speed:"),
    ],
    position="top",
).run()
