"""Compiles the simulated card, once: all workers of pytest-xdist share what the first one made."""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.simulated_gpu.cards import Machine

SOURCES = [Path(__file__).with_name(name) for name in ("backend.cpp", "memory.h", "queue.h", "build.py")]
DRIVER = Path(__file__).parents[1] / "core" / "devices" / "nvml_stub.c"


class NoCompiler(RuntimeError):
    """g++ or gcc is not installed."""


def built_for_gpus() -> bool:
    """Whether this torch brings kernels for real GPUs, which leave no place for those of a simulated one."""
    return any((_home_of_torch() / "lib" / f"libtorch_{kind}.so").exists() for kind in ("cuda", "hip"))


def library() -> Path:
    """The compiled card, for the torch that lies here; takes some 6 s the first time. Raises NoCompiler."""
    torch = f"{importlib.metadata.version('torch')} {_home_of_torch()}"  # linked with this very copy
    of = torch.encode() + b"".join(source.read_bytes() for source in SOURCES)
    return _made("card.so", of, _compile_card)


def driver(switches: tuple[str, ...] = ()) -> Path:
    """A folder with the simulated driver's library, for LD_LIBRARY_PATH. Raises NoCompiler."""
    of = DRIVER.read_bytes() + repr(switches).encode()
    return _made(
        "libnvidia-ml.so.1", of, lambda path: _compile("gcc", *switches, str(DRIVER), to=path)
    ).parent


def _made(name: str, of: bytes, make: Callable[[Path], None]) -> Path:
    """The file that make(path) makes of these sources, unless it is there already."""
    digest = hashlib.sha256(of).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"simulated-gpu-{os.getuid()}-{digest}"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name).exists():
            make(folder / "unfinished")
            (folder / "unfinished").rename(folder / name)
    return folder / name


def _compile_card(path: Path) -> None:
    home = _home_of_torch()
    include = [f"-I{home / 'include' / part}" for part in ("", "torch/csrc/api/include")]
    libraries = [f"-L{home / 'lib'}", f"-Wl,-rpath,{home / 'lib'}", "-lc10", "-ltorch_cpu"]
    _compile("g++", "-O0", "-std=c++20", *include, str(SOURCES[0]), *libraries, to=path)


def _home_of_torch() -> Path:
    spec = importlib.util.find_spec("torch")
    assert spec is not None
    (home,) = map(Path, spec.submodule_search_locations or ())
    return home


def _compile(compiler: str, *arguments: str, to: Path) -> None:
    if shutil.which(compiler) is None:
        raise NoCompiler(f"{compiler} is not installed, so the simulated GPU cannot be compiled")
    subprocess.run([compiler, "-shared", "-fPIC", *arguments, "-o", str(to)], check=True)


def load(machine: Machine) -> ctypes.CDLL:
    """The card in this process: torch has kernels for devices of kind cuda and mps.

    Before torch is imported, which looks once for what a build for GPUs brings.
    """
    card = ctypes.CDLL(str(library()))
    integer, number, text, count = ctypes.c_int, ctypes.c_double, ctypes.c_char_p, ctypes.c_uint64
    card.simulated_card.argtypes = [integer, *[number] * 5, count, integer]
    card.simulated_fail.argtypes = [integer, text, text]
    card.simulated_failure.argtypes, card.simulated_failure.restype = [integer, text], text
    card.simulated_now_s.restype = number
    card.simulated_cards(len(machine.cards), machine.kind == "mps")
    card.simulated_launch.argtypes, card.simulated_launch.restype = [integer, number], number
    card.simulated_wait_until_s.argtypes = [number]
    for name in ("live_bytes", "peak_bytes", "kernels"):
        getattr(card, f"simulated_{name}").restype = count
    return card
