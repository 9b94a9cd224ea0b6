"""The glossary, out of docs/glossary.toml: an English term, the text-books' Chinese one, a sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

HEAD = """# Glossary

Terms as this project uses them, with those of Chinese text-books. A new one is a line of
`docs/glossary.toml`; this page is written by `python -m docs.generate`.
"""

COLUMNS = """
| term | 中文 | what it is |
|---|---|---|
"""


class Term(NamedTuple):
    """One line of the glossary."""

    english: str
    chinese: str
    sentence: str


def terms() -> dict[str, list[Term]]:
    """Those of each section, in the alphabet's order.

    Raises ValueError for a term that has not exactly a Chinese term and a sentence.
    """
    table = tomllib.loads(Path(__file__).with_name("glossary.toml").read_text(encoding="utf-8"))
    return {
        section: sorted((_term(english, columns) for english, columns in entries.items()), key=_alphabetic)
        for section, entries in table.items()
    }


def _term(english: str, columns: list[str]) -> Term:
    if not isinstance(columns, list) or len(columns) != 2:
        raise ValueError(f"{english} needs two texts: the Chinese term and a sentence.")
    return Term(english, *columns)


def _alphabetic(term: Term) -> str:
    return term.english.casefold()


def page() -> str:
    """The whole text of docs/glossary.md."""
    return HEAD + "".join(
        f"\n## {section}\n{COLUMNS}" + "".join(f"| {' | '.join(term)} |\n" for term in entries)
        for section, entries in terms().items()
    )
