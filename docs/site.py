"""Build the documentation's site: `make docs`, or python -m docs.site [FOLDER].

The sources are gathered in FOLDER/docs (build/ by default), where README, CONTRIBUTING and CHANGELOG are
pages like those of docs/, and built into FOLDER/site. A link, an anchor or a picture that is not there fails
it, and so does a part that a browser would fetch from another host.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from docs.links import faults

ROOT = Path(__file__).resolve().parent.parent
CONFIG = "zensical.toml"

# Files of the project's root that are pages of the site, by their names there.
ROOT_PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}


def main() -> int:
    """Gather and build; returns the exit code."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build"
    gather(folder)
    site = folder.resolve() / "site"
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "-f", str(folder / CONFIG)]
    if subprocess.run(command, check=False).returncode:
        return 1
    found = list(faults(site))
    print(*found or [f"The site is in {site}."], sep="\n")
    return 1 if found else 0


def gather(folder: Path) -> None:
    """Put the sources of the site into a folder, in place of those of the last time."""
    docs = folder / "docs"
    shutil.rmtree(docs, ignore_errors=True)
    shutil.copytree(ROOT / "docs" / "pictures", docs / "pictures")
    for page in (ROOT / "docs").glob("*.md"):
        (docs / page.name).write_text(as_page(page.read_text(encoding="utf-8")), encoding="utf-8")
    for name, page_name in ROOT_PAGES.items():
        (docs / page_name).write_text(as_page((ROOT / name).read_text(encoding="utf-8")), encoding="utf-8")
    shutil.copy(ROOT / CONFIG, folder)


def as_page(text: str) -> str:
    """The text with links as they are between pages of the site: all of them lie in one folder there."""
    for name, page_name in ROOT_PAGES.items():
        text = re.sub(rf"\]\((?:\.\./)?{re.escape(name)}(?=[)#])", f"]({page_name}", text)
    return text.replace("](docs/", "](")


if __name__ == "__main__":
    sys.exit(main())
