"""Texts that Markdown shows as they are."""

from __future__ import annotations

import re


def escaped(text: str) -> str:
    """Markdown that shows a text as it is: an expression of x may have stars in it."""
    return re.sub(r"([\\`*_\[\]<>$~:])", r"\\\1", text)
