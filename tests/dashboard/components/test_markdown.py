"""Names that somebody typed are shown as they are: no markup, and no links on the page of another."""

from __future__ import annotations

import pytest

from dashboard.components.markdown import escaped


@pytest.mark.parametrize(
    "link", ["http://e.com", "see HTTPS://e.com/x", "www.e.com", "WWW.e.com", "a@e.com", "(http://e.com)"]
)
def test_what_markdown_links_by_itself_is_broken_without_a_trace(link: str) -> None:
    shown = escaped(link).replace("\\", "")
    for linked in ("http://", "https://", "www.", "@e"):
        assert linked not in shown.lower()
    assert shown.replace("\N{WORD JOINER}", "") == link


def test_other_texts_have_their_markup_escaped_alone() -> None:
    assert escaped("x*tanh(x) at 3 @ www [a](b) :red[c] $d$ #1 &lt;") == (
        r"x\*tanh(x) at 3 @ www \[a\](b) \:red\[c\] \$d\$ \#1 \&lt;"
    )
