"""Who a worker is: a name that no other process has had, to tell a dead worker from a busy one."""

from __future__ import annotations

import platform

import psutil


def worker_identity(pid: int) -> str:
    """host/pid/start time of a running process. Raises psutil.NoSuchProcess if there is none."""
    return f"{platform.node()}/{pid}/{psutil.Process(pid).create_time():.2f}"


def is_alive(identity: str) -> bool | None:
    """Whether that worker still runs; None when it lives on another host and cannot be seen from here."""
    host, pid, started = identity.rsplit("/", 2)
    if host != platform.node():
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
