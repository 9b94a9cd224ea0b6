"""Makes Nablascope's own code see Windows or macOS, in every process that has this folder on its path.

SIMULATED_SYSTEM names it as sys.platform does. Only what core and dashboard import or ask for is changed:
modules and attributes that the system lacks are not there for them, sys.platform and platform.system() say
its name, and files of Linux cannot be opened by them. Libraries go on as they are, since those built for
Linux need Linux.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import types
from typing import Any

SYSTEM = os.environ.get("SIMULATED_SYSTEM", "")
OURS = ("core", "dashboard")
LINUX_FILES = ("/proc/", "/sys/", "/dev/dri")

MISSING_MODULES = {
    "win32": {
        *{"_posixsubprocess", "curses", "fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd"},
        *{"readline", "resource", "spwd", "syslog", "termios", "tty"},
    },
    "darwin": {"nis", "ossaudiodev", "spwd", "winreg"},
}
MISSING_ATTRIBUTES = {
    "win32": {
        "os": {
            *{"chown", "fchmod", "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getloadavg"},
            *{"getpgid", "getpgrp", "getpriority", "getresuid", "getsid", "getuid", "killpg", "mkfifo"},
            *{"nice", "openpty", "pidfd_open", "posix_spawn", "register_at_fork", "sched_getaffinity"},
            *{"sched_setaffinity", "setpriority", "setsid", "statvfs", "sysconf", "sysconf_names", "uname"},
            *{"wait", "wait3", "wait4", "waitid", "WIFSIGNALED", "O_NOFOLLOW", "O_CLOEXEC"},
        },
        "signal": {
            *{"SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGUSR1"},
            *{"SIGUSR2", "alarm", "pause", "pthread_kill", "pthread_sigmask", "setitimer", "sigwait"},
        },
        "mmap": {"MAP_ANONYMOUS", "MAP_PRIVATE", "MAP_SHARED", "PROT_EXEC", "PROT_READ", "PROT_WRITE"},
        "time": {"CLOCK_MONOTONIC", "clock_gettime", "pthread_getcpuclockid", "tzset"},
        "select": {"epoll", "kqueue", "poll"},
        "socket": {"AF_UNIX", "socketpair_unix"},
        "psutil": {"sensors_temperatures", "sensors_fans"},
    },
    "darwin": {
        "os": {"pidfd_open", "sched_getaffinity", "sched_setaffinity", "memfd_create"},
        "select": {"epoll"},
        "psutil": {"sensors_temperatures", "sensors_fans"},
    },
}
ANSWERS: dict[str, dict[str, dict[str, Any]]] = {
    "win32": {
        "sys": {"platform": "win32", "_base_executable": sys.executable},
        "os": {"name": "nt"},
        "platform": {"system": lambda: "Windows", "processor": lambda: "Intel64 Family 6, GenuineIntel"},
    },
    "darwin": {
        "sys": {"platform": "darwin"},
        "platform": {"system": lambda: "Darwin", "processor": lambda: "arm", "machine": lambda: "arm64"},
    },
}


class Disguised(types.ModuleType):
    """A module as the other system has it."""

    def __init__(self, real: types.ModuleType) -> None:
        super().__init__(real.__name__)
        name = real.__name__
        self.__dict__["_real"] = real
        self.__dict__["_missing"] = MISSING_ATTRIBUTES[SYSTEM].get(name, set())
        self.__dict__.update(ANSWERS[SYSTEM].get(name, {}))

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__["_missing"]:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on {SYSTEM}")
        return getattr(self.__dict__["_real"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["_real"], name, value)


def _is_ours(name: str | None) -> bool:
    return (name or "").partition(".")[0] in OURS


def _disguise(module: types.ModuleType) -> types.ModuleType:
    name = module.__name__
    if name not in {**MISSING_ATTRIBUTES[SYSTEM], **ANSWERS[SYSTEM]} or isinstance(module, Disguised):
        return module
    return _disguises.setdefault(name, Disguised(module))


def _refuse(name: str) -> None:
    if name in MISSING_MODULES[SYSTEM]:
        raise ModuleNotFoundError(f"No module named {name!r} on {SYSTEM}", name=name)


def _import(
    name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
) -> types.ModuleType:
    if level or not (globals and (_is_ours(globals.get("__name__")) or _is_worker(globals))):
        return _real_import(name, globals, locals, fromlist, level)
    _refuse(name)
    return _disguise(_real_import(name, globals, locals, fromlist, level))


def _is_worker(globals: Any) -> bool:
    """Whether it is one of our modules run by `python -m`."""
    spec = globals.get("__spec__")
    return globals.get("__name__") == "__main__" and spec is not None and _is_ours(spec.name)


def _import_module(name: str, package: str | None = None) -> types.ModuleType:
    if not _is_ours(sys._getframe(1).f_globals.get("__name__")):
        return _real_import_module(name, package)
    _refuse(name)
    return _disguise(_real_import_module(name, package))


def _no_linux_files(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("open", "os.scandir", "os.listdir") and str(arguments[0]).startswith(LINUX_FILES):
        frame = sys._getframe(1)
        while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "pathlib":
            frame = frame.f_back
        if _is_ours(frame.f_globals.get("__name__")):
            # A search skips a folder that it may not read, as it does one that is not there.
            missing = FileNotFoundError if event == "open" else PermissionError
            raise missing(2, f"No such file on {SYSTEM}", arguments[0])


if SYSTEM:
    _disguises: dict[str, types.ModuleType] = {}
    _real_import, _real_import_module = builtins.__import__, importlib.import_module
    builtins.__import__ = _import  # type: ignore[assignment]
    importlib.import_module = _import_module
    sys.addaudithook(_no_linux_files)
