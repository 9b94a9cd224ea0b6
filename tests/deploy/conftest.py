"""A browser for the sites of sites.py."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.app import chromium, find_chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this folder."""
    path = find_chromium()
    if path is None:
        reason = "No Chromium was found."
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with chromium(path) as running:
        yield running
