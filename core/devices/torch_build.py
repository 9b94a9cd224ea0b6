"""The build of the installed torch, read from its version file: importing torch takes over a second."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class TorchBuild:
    """Versions of torch and of the toolkits that it was built with."""

    version: str | None  # None when torch is not installed
    cuda: str | None = None
    hip: str | None = None
    xpu: str | None = None


@cache
def torch_build() -> TorchBuild:
    """The installed torch, without importing it."""
    try:
        version = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return TorchBuild(None)
    spec = importlib.util.find_spec("torch")
    source = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
    text = source.read_text(encoding="utf-8") if source and source.exists() else ""
    return TorchBuild(version, **{name: _assigned(name, text) for name in ("cuda", "hip", "xpu")})


def _assigned(name: str, text: str) -> str | None:
    match = re.search(rf"^{name}\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", text, re.MULTILINE)
    return match.group(1) if match else None
