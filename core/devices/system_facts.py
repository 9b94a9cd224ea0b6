"""What macOS and Windows say of the processor, each in its own way; Linux has files for that."""

from __future__ import annotations

import importlib
import subprocess
import sys
from functools import cache

_WAIT_S = 20.0  # PowerShell takes a second or two to start
# Apple's processors have no third level that is reported; their fast cores share a large second one.
_SYSCTL_CACHES = ("hw.l3cachesize", "hw.perflevel0.l2cachesize", "hw.l2cachesize")
_WINDOWS_CACHES = "(Get-CimInstance Win32_Processor | Measure-Object -Maximum L3CacheSize).Maximum"  # KiB
_WINDOWS_PROCESSOR = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"


@cache
def processor_name() -> str:
    """The processor as macOS's sysctl or Windows' registry names it; empty elsewhere, or unknown."""
    if sys.platform == "darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string")
    if sys.platform == "win32":
        return _in_registry(_WINDOWS_PROCESSOR, "ProcessorNameString")
    return ""


@cache
def last_level_bytes() -> int | None:
    """Size of the largest cache that sysctl or Windows reports, in bytes; None elsewhere, or unknown."""
    if sys.platform == "darwin":
        return _largest(_output("sysctl", "-n", *_SYSCTL_CACHES))
    if sys.platform == "win32":
        return _largest(_output("powershell", "-NoProfile", "-Command", _WINDOWS_CACHES), 1024)
    return None


def _largest(numbers: str, unit: int = 1) -> int | None:
    return max((int(number) * unit for number in numbers.split() if number.isdecimal()), default=0) or None


def _output(*command: str) -> str:
    """What a program of the system prints; empty where it is not there or takes too long."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_WAIT_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip()


def _in_registry(key: str, value: str) -> str:
    """A text under HKEY_LOCAL_MACHINE; empty where there is none."""
    try:
        winreg = importlib.import_module("winreg")
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            return str(winreg.QueryValueEx(opened, value)[0]).strip()
    except (ImportError, OSError):
        return ""
