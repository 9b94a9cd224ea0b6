"""Before the first visitor: what all pages import is imported, and no search for garbage sees it again."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from dashboard.pages import PAGES

DASHBOARD = Path(__file__).resolve().parent.parent


def import_pages() -> None:
    """Import what the pages import, without running them; 2 to 3 s of CPU that no visitor waits for."""
    for page in PAGES.values():
        for name in _imported_by((DASHBOARD / page.file).read_text("utf-8")):
            import_module(name)
    leave_out_of_garbage()


def leave_out_of_garbage() -> None:
    """Nothing that exists now is looked through for garbage any more: Python's gc.freeze().

    Some 170,000 objects of modules last as long as the server. A full search looks through them all, 0.1 s in
    which no page is drawn, and reading a large file or a visit of many people starts one again and again.
    """
    gc.collect()
    gc.freeze()


def _imported_by(source: str) -> Iterator[str]:
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            yield statement.module
        elif isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
