"""Texts that Markdown shows as they are."""

from __future__ import annotations

import re

# What Markdown makes a link of by itself, backslash or not: a name that somebody typed is none on my page.
_LINKED = re.compile(r"(?i)(https?:(?=//)|www(?=\.)|@(?=[-\w]))")
_WORD_JOINER = "\N{WORD JOINER}"  # of no width


def escaped(text: str) -> str:
    """Markdown that shows a text as it is: an expression of x may have stars in it."""
    return re.sub(r"([\\`*_\[\]<>$~:#&])", r"\\\1", _LINKED.sub(rf"\1{_WORD_JOINER}", text))
