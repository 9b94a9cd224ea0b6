"""What runs on a node: a job whose events are sent back, whatever it is. Nothing here imports Ray."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InvalidRequest
from core.events import Progress

# Each event sent costs the node some work, which would fall upon what it measures.
PROGRESS_EVERY_S = 1.0

# A generator function of a module of this project, and what it is called with: it yields events.
Work = Callable[[Any], Iterator[Any]]


@dataclass(frozen=True)
class Begun:
    """The first that a node sends: its process is there."""


@dataclass(frozen=True)
class Refused:
    """The last that a node sends when it cannot do the work."""

    reason: str


@dataclass(frozen=True)
class Probed:
    """What a node says of itself."""

    machine: str  # the same for all nodes of one machine, containers too


def run(work: Work, config: Any) -> Iterator[Any]:
    """Begun, the events of work(config), and Refused where it fails; Progress at most once a second."""
    yield Begun()
    shown_s = -PROGRESS_EVERY_S
    try:
        for event in work(config):
            if isinstance(event, Progress):
                if time.monotonic() - shown_s < PROGRESS_EVERY_S:
                    continue
                shown_s = time.monotonic()
            yield event
    except InvalidRequest as error:
        yield Refused(str(error))
    except Exception as error:
        traceback.print_exc()  # into the node's log
        text = str(error).strip() or "no message"
        yield Refused(f"{type(error).__name__}: {text.splitlines()[0]}")


def probe(_config: None) -> Iterator[Probed]:
    """The node that this runs on."""
    yield Probed(_machine())


def _machine() -> str:
    """Linux draws this at each boot; elsewhere the host's name has to do."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        import platform

        return platform.node()
