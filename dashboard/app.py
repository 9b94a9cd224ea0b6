"""Nablascope's entry script: which pages there are. Run it with `streamlit run dashboard/app.py`."""

import streamlit as st

from dashboard.components.runs import runner

st.set_page_config(page_title="Nablascope", page_icon="∇", layout="wide")
# Streamlit leaves a tenth of a phone's screen empty above the title.
st.html("<style>.stMainBlockContainer { padding-top: 4.5rem; }</style>")

runner()  # the first visitor of a server starts its worker, which is warm by the time of the first click

st.navigation(
    {
        "": [st.Page("views/home.py", title="Home", icon=":material/home:", default=True)],
        "Activations": [
            st.Page("views/activations.py", title="Curves", icon=":material/ssid_chart:"),
            st.Page("views/catalogue.py", title="Catalogue", icon=":material/table_rows:"),
            st.Page("views/cost.py", title="Cost", icon=":material/payments:"),
            st.Page("views/precision.py", title="Precision", icon=":material/straighten:"),
            st.Page("views/surfaces.py", title="2-D", icon=":material/landscape:"),
            st.Page("views/gated.py", title="Gated", icon=":material/door_sliding:"),
        ],
        "Networks": [
            st.Page("views/train.py", title="Train", icon=":material/play_circle:"),
            st.Page("views/compare.py", title="Compare", icon=":material/stacked_line_chart:"),
        ],
        "Experiments": [
            st.Page("views/depth.py", title="Through depth", icon=":material/layers:"),
            st.Page("views/without.py", title="Without one", icon=":material/filter_none:"),
            st.Page("views/dying.py", title="Dying units", icon=":material/heart_broken:"),
            st.Page("views/inside.py", title="Inside a run", icon=":material/query_stats:"),
        ],
        "Hardware": [
            st.Page("views/benchmark.py", title="Benchmark", icon=":material/speed:"),
        ],
    },
    position="top",
).run()
