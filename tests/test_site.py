"""The documentation's site: what is wrong with it is found, it is built, and it asks no other host."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from docs.links import faults
from docs.site import as_page, gather

ROOT = Path(__file__).resolve().parents[1]
BUILDER = ROOT / ".venv-docs" / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def site_of(folder: Path, **pages: str) -> list[str]:
    """What is wrong with a site of these pages and one picture."""
    (folder / "pictures").mkdir()
    (folder / "pictures" / "one.png").touch()
    for name, body in pages.items():
        (folder / f"{name}.html").write_text(f"<html><body>{body}</body></html>")
    return [*faults(folder)]


def test_links_that_lead_somewhere_are_no_faults(tmp_path: Path) -> None:
    start = (
        '<h1 id="top">A</h1><a href="other.html#there">b</a><a href="#top">c</a><img src="pictures/one.png">'
    )
    links = '<a href="https://example.org">to read</a><a href="mailto:a@example.org">d</a>'
    assert site_of(tmp_path, index=start + links, other='<a id="there" href=".">e</a>') == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="none.html">x</a>', "index.html: none.html is not there"),
        ('<a href="#none">x</a>', "index.html: #none has no such anchor"),
        ('<img src="pictures/none.png">', "index.html: pictures/none.png is not there"),
        ('<script src="https://cdn.example.org/x.js"></script>', "is of another host"),
        ('<link rel="stylesheet" href="//fonts.example.org/x.css">', "is of another host"),
    ],
)
def test_a_fault_is_named_with_its_page(body: str, fault: str, tmp_path: Path) -> None:
    (found,) = site_of(tmp_path, index=body)
    assert fault in found


def test_links_of_the_projects_root_lead_to_pages_of_the_site() -> None:
    text = "[a](docs/start.md#x) [b](CONTRIBUTING.md) [c](../CHANGELOG.md#y) ![d](docs/pictures/film.webp)"
    expected = "[a](start.md#x) [b](contributing.md) [c](changelog.md#y) ![d](pictures/film.webp)"
    assert as_page(text) == expected


def test_every_page_is_in_the_menu_and_the_film_is_small(tmp_path: Path) -> None:
    gather(tmp_path)
    menu = (tmp_path / "zensical.toml").read_text()
    missing = [page.name for page in (tmp_path / "docs").glob("*.md") if f'"{page.name}"' not in menu]
    assert missing == []
    assert (tmp_path / "docs" / "pictures" / "film.webp").stat().st_size < 1_000_000


def build(root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BUILDER, "-m", "docs.site", str(folder)], cwd=root, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def builder() -> None:
    """`make docs` and `make slow` make it."""
    if not BUILDER.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("There is no .venv-docs.")
        pytest.skip("There is no .venv-docs: run `make docs` first.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("docs/tour.md", "[x](nowhere.md)"),
        ("docs/tour.md", "[x](start.md#nowhere)"),
        ("README.md", "![x](docs/pictures/none.png)"),
        ("docs/tour.md", '<script src="https://example.org/x.js"></script>'),
    ],
)
def test_the_site_is_not_built_with_a_broken_link(
    page: str, line: str, tmp_path: Path, builder: None
) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "zensical.toml"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / page).open("a") as text:
        text.write(f"\n{line}\n")
    assert build(tmp_path, tmp_path / "build").returncode != 0


@pytest.mark.slow
def test_the_site_opens_from_a_folder_and_asks_nobody(
    tmp_path: Path, builder: None, browser: Browser
) -> None:
    done = build(ROOT, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    tab = browser.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    for page in ("index", "glossary", "commands"):
        tab.goto((tmp_path / "site" / f"{page}.html").as_uri())
        assert tab.locator("h1").count() == 1
    tab.close()
    assert len(asked) > 3
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
