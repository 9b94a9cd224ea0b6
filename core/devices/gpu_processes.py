"""Processes on a GPU: what its driver says of each, and who they are where this system can know that."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

# The inode of the system's first PID namespace (include/linux/proc_ns.h); another one is a container's.
_FIRST_PID_NAMESPACE = 0xEFFFFFFC
_OPENED_BY_USERS_OF_GPUS = ("/dev/nvidia", "/dev/dri/", "/dev/kfd", "/dev/dxg")


@dataclass(frozen=True)
class GpuProcess:
    """One process as the driver of a GPU lists it; None for what is not reported."""

    pid: int
    memory_bytes: int | None = None
    utilisation: int | None = None  # of the GPU's cores in the last second, %


@dataclass(frozen=True)
class Identity:
    """Who a process is, or why that is not known here."""

    name: str | None = None
    user: str | None = None
    reason: str | None = None


def identity(pid: int) -> Identity:
    """The program and the user of a process that a driver listed.

    In a container the driver's ids may be the host's, where another process has that id: a name is given only
    where the process of that id here has a GPU open.
    """
    try:
        process = psutil.Process(pid)
        if _in_a_container() and not _has_a_gpu_open(pid):
            return Identity(reason="its id is the host's, which a container does not see")
        name = process.name()
    except psutil.NoSuchProcess:
        return Identity(reason="it is not seen from here" if _in_a_container() else "it has just ended")
    except (psutil.Error, OSError):
        return Identity(reason="the system does not show it")
    try:
        return Identity(name, process.username())
    except (psutil.Error, OSError, KeyError):
        return Identity(name)


@cache
def _in_a_container(namespace: Path = Path("/proc/self/ns/pid")) -> bool:
    """Whether this process sees the ids of a container's processes alone."""
    try:
        return namespace.stat().st_ino != _FIRST_PID_NAMESPACE
    except OSError:
        return False


def _has_a_gpu_open(pid: int) -> bool:
    try:
        links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return any(link.startswith(_OPENED_BY_USERS_OF_GPUS) for link in links)
