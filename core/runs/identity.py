"""Who a worker is: a name that no other process has had, to tell a dead worker from a busy one."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

import psutil

_ALL_PROCESSES = "pid:[4026531836]"  # Linux' first PID namespace: what is in it sees every process


@cache
def this_machine() -> str:
    """The name of what sees this process: the machine or, in a container, its name with a number.

    Several containers may have one name, and each sees its own processes alone.
    """
    try:
        namespace = os.readlink("/proc/self/ns/pid")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:  # not Linux
        return platform.node()
    return platform.node() if namespace == _ALL_PROCESSES else f"{platform.node()}.{boot}.{namespace[5:-1]}"


def worker_identity(pid: int) -> str:
    """machine/pid/start time of a running process. Raises psutil.NoSuchProcess if there is none."""
    return f"{this_machine()}/{pid}/{psutil.Process(pid).create_time():.2f}"


def machine_of(identity: str | None) -> str:
    """The machine on which that worker is, or was."""
    parts = (identity or "").rsplit("/", 2)
    return parts[0] if len(parts) == 3 else ""


def is_alive(identity: str) -> bool | None:
    """Whether that worker still runs; None when it lives on another machine and cannot be seen from here."""
    machine, pid, started = identity.rsplit("/", 2)
    if machine != this_machine():
        return None
    try:
        process = psutil.Process(int(pid))
        return process.status() != psutil.STATUS_ZOMBIE and f"{process.create_time():.2f}" == started
    except psutil.NoSuchProcess:
        return False


def memory_bytes(identity: str) -> int | None:
    """The resident memory of that worker; None where it has ended, or lives on another host."""
    if not is_alive(identity):
        return None
    try:
        return int(psutil.Process(int(identity.rsplit("/", 2)[1])).memory_info().rss)
    except psutil.Error:  # it has just ended
        return None
