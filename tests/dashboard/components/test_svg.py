"""The button that downloads a page's charts as one SVG."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def test_any_file_name_will_do() -> None:
    def page() -> None:
        from dashboard.components.svg import svg_button

        svg_button("pre-activations-a__b_c-layers 1.svg")

    assert not AppTest.from_function(page).run().exception
