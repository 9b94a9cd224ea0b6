"""Stand-ins for what this machine lacks: the driver's library, a torch with accelerators, amdsmi."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.simulated_gpu import build

FIRST, SECOND = "GPU-aaaa0000-1111-2222-3333-444455556666", "GPU-bbbb0000-1111-2222-3333-444455556666"
SLICE = "MIG-aaaa0000-1111-2222-3333-5555000000a1"

TORCH = """
import json, os
from types import SimpleNamespace as Record
answer = json.loads(os.environ["STAND_IN_TORCH"])
version = Record(hip=answer.get("hip"))
class Cuda:
    def is_available(self): return bool(answer.get("cuda"))
    def init(self): raise RuntimeError(answer.get("why", "no driver") + "\\nand more lines")
    def device_count(self): return len(answer["cuda"])
    def get_device_properties(self, index):
        if answer["cuda"][index] is None:
            raise RuntimeError("the card is lost")
        return Record(**answer["cuda"][index])
cuda = Cuda()
xpu = Record(is_available=lambda: False)
backends = Record(mps=Record(is_available=lambda: False))
if answer.get("crash"):
    raise ImportError("libcudart.so.13 is not there")
"""


def library(*switches: str) -> str:
    """A folder with the stand-in for the NVIDIA driver's library, for LD_LIBRARY_PATH; compiled once."""
    try:
        return str(build.driver(switches))
    except build.NoCompiler as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


def torch_package(folder: Path, cuda: str | None = "12.8", hip: str | None = None) -> str:
    """A folder with a torch of that build, which lists what STAND_IN_TORCH says, for PYTHONPATH."""
    package = folder / "torch"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(TORCH)
    (package / "version.py").write_text(f"cuda: str | None = {cuda!r}\nhip: str | None = {hip!r}\n")
    return str(folder)


def card(name: str, uuid: str | None = None, **more: Any) -> dict[str, Any]:
    """What torch tells of a device."""
    return {"name": name, "total_memory": 79 << 30, "major": 9, "minor": 0, "uuid": uuid} | more


def run(program: str, **environment: str) -> Any:
    """The JSON that a program prints, in a process with this environment and no GPU of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CUDA_")}
    clean["PYTHONPATH"] = os.pathsep.join(
        filter(None, (environment.pop("PYTHONPATH", ""), clean.get("PYTHONPATH")))
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean | environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
