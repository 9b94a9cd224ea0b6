"""Every page of the dashboard with the question that it answers, out of the pages' own list."""

from __future__ import annotations

import tomllib
from itertools import groupby
from pathlib import Path

from dashboard.pages import PAGES

HEAD = """# Pages

Each page answers a question; its address is behind that of the server. Titles and questions are those of
the menu, and what is there is a line of `docs/pages.toml`. Written by `python -m docs.generate`; the
[tour](tour.md) shows pictures.
"""


def contents() -> dict[str, str]:
    """What is on a page, by its key."""
    return tomllib.loads(Path(__file__).with_name("pages.toml").read_text(encoding="utf-8"))


def page() -> str:
    """The whole text of docs/pages.md."""
    there = contents()
    text = HEAD
    for group, pages in groupby(PAGES.values(), lambda page: page.group):
        text += f"\n## {group}\n" if group else ""
        for page in pages:
            level = "###" if group else "##"
            address = "/" if page.key == "home" else f"/{page.key}"
            text += f"\n{level} {page.title}\n\n`{address}`: *{page.question}*\n"
            text += f"\n{there[page.key]}\n" if page.key in there else ""
    return text
