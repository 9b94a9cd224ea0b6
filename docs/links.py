"""What is wrong with a built site: links that lead nowhere, and parts that another host has."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself; a link that a reader follows may lead anywhere.
FETCHED = {"img": "src", "script": "src", "source": "src", "iframe": "src", "link": "href"}
# Of <link>: what names an address without fetching it.
NAMED = {"canonical", "next", "prev", "alternate"}


class Page(HTMLParser):
    """The names of anchors on a page, its links, and what is fetched for it."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one element names, links to or fetches."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        address = given.get(FETCHED.get(tag, ""), "")
        if address and given.get("rel", "") not in NAMED:
            self.fetched.append(address)


def faults(site: Path) -> Iterator[str]:
    """A line for each link, anchor or part of the site's pages that is not in the site."""
    pages = {file: Page(file) for file in sorted(site.rglob("*.html"))}
    for file, page in pages.items():
        where = file.relative_to(site)
        if where.name == "404.html":  # served under any address, so that its links begin at the root
            continue
        for address in page.fetched:
            if urlsplit(address).netloc:
                yield f"{where}: {address} is of another host"
        for address in [*page.links, *page.fetched]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{where}: {address} is not there"
            elif parts.fragment and target in pages and parts.fragment not in pages[target].anchors:
                yield f"{where}: {address} has no such anchor"
