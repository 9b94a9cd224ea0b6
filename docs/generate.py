"""Write the pages of the documentation that follow from the code or from a table.

python -m docs.generate
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from docs import commands, glossary, pages, settings

DOCS = Path(__file__).parent

# Each page and the function that returns the whole of its text.
GENERATED: dict[str, Callable[[], str]] = {
    "commands.md": commands.page,
    "environment.md": settings.environment_page,
    "glossary.md": glossary.page,
    "pages.md": pages.page,
    "settings.md": settings.page,
}


def main() -> None:
    """Write all of them."""
    for name, text in GENERATED.items():
        (DOCS / name).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
