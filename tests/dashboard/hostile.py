"""Texts with which a visitor, a table or a result file tries to put something of its own on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

# Pictures that would tell another host who looks, links on our page, markup, scripts. Each is short enough
# not to be cut where a page quotes it.
TEXTS = (
    "![p](//evil.example/p.png)",
    "[w](https://evil.example)",
    "<img src=//evil.example/p>",
    "<script>alert(1)</script>",
    "https://evil.example/win",
    "www.evil.example",
    ":red[x] :material/bolt:",
    "a\n\n# b $x$ `c` **d**",
)
ALL = " ".join(TEXTS[:-1])

# Where Streamlit's front end draws Markdown: these fields of these elements. Others, such as the cells of a
# data frame and the options of a list, it draws as plain text.
_DRAWN = {"body", "label", "help", "text", "delta", "caption"}
_PLAIN = {"arrowDataFrame", "dataframe", "html", "bidiComponent", "arrowVegaLiteChart", "code"}

# What is left of a text once all that is escaped is gone must have none of this that names the foreign host.
_LIVE = re.compile(r"\]\(\S*evil|<img|<script|(?i:https?://evil|www\.evil)|:red\[x\]|\$x\$|`c`|\*\*d\*\*")


def live_markup(page: AppTest) -> list[str]:
    """Every text on a page that is drawn as Markdown and in which something hostile is still markup."""
    return [text for text in drawn_texts(page) if _LIVE.search(re.sub(r"\\.", "", text))]


def drawn_texts(page: AppTest) -> Iterator[str]:
    """Every text that is drawn as Markdown."""
    return (text for node in _nodes(page._tree) for text in _texts(node))


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _nodes(child)


def _texts(node: Any) -> Iterator[str]:
    proto = getattr(node, "proto", None)
    if proto is None or getattr(node, "type", "") in _PLAIN:
        return
    yield from _fields(MessageToDict(proto))


def _fields(message: dict[str, Any]) -> Iterator[str]:
    for name, value in message.items():
        if isinstance(value, dict) and name not in _PLAIN:
            yield from _fields(value)
        elif name in _DRAWN and isinstance(value, str):
            yield value
