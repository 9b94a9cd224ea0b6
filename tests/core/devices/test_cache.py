"""Cache sizes as the system tells them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.devices.cache import last_level_bytes


def test_the_size_is_what_the_c_library_says() -> None:
    known = [
        os.sysconf(f"SC_LEVEL{level}_CACHE_SIZE")
        for level in (2, 3)
        if f"SC_LEVEL{level}_CACHE_SIZE" in os.sysconf_names
    ]
    if not any(size > 0 for size in known):
        pytest.skip("the C library does not tell the size of the caches")
    assert last_level_bytes() == max(known)


def test_the_largest_data_cache_counts_and_instructions_do_not(tmp_path: Path) -> None:
    for index, (kind, size) in enumerate((("Data", "48K"), ("Instruction", "99M"), ("Unified", "2048K"))):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        (folder / "type").write_text(kind + "\n")
        (folder / "size").write_text(size + "\n")
    assert last_level_bytes(tmp_path) == 2 * 2**20
