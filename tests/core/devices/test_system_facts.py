"""What macOS and Windows say of the processor is read from their own programs and registry."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from core.devices import system_facts


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    for found in (system_facts.processor_name, system_facts.last_level_bytes):
        found.cache_clear()
    yield
    for found in (system_facts.processor_name, system_facts.last_level_bytes):
        found.cache_clear()


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, system: str, **printed: str) -> None:
    """Programs of the system that print this, alone on the path."""
    for name, text in printed.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\nprintf '{text}'\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(system_facts, "sys", SimpleNamespace(platform=system))


def test_a_mac_names_its_processor_and_its_largest_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path, monkeypatch, "darwin", sysctl=r"16777216\n4194304\n")
    assert system_facts.last_level_bytes() == 16 * 2**20
    programs(tmp_path, monkeypatch, "darwin", sysctl=r"Apple M2 Pro\n")
    assert system_facts.processor_name() == "Apple M2 Pro"


def test_windows_names_its_processor_in_the_registry_and_counts_caches_in_kib(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path, monkeypatch, "win32", powershell=r"32768\r\n")
    assert system_facts.last_level_bytes() == 32 * 2**20
    registry = ModuleType("winreg")
    registry.HKEY_LOCAL_MACHINE = None  # type: ignore[attr-defined]
    registry.OpenKey = lambda *_: contextlib.nullcontext()  # type: ignore[attr-defined]
    registry.QueryValueEx = lambda *_: ("AMD Ryzen 9 7950X   ", 1)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "winreg", registry)
    assert system_facts.processor_name() == "AMD Ryzen 9 7950X"


@pytest.mark.parametrize("system", ["linux", "darwin", "win32", "freebsd14"])
def test_what_nobody_says_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    programs(tmp_path, monkeypatch, system)
    assert system_facts.processor_name() == ""
    assert system_facts.last_level_bytes() is None
