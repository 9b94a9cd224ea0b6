"""The log of a server and of its workers: lines of text, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

from core.errors import InvalidRequest

# Loggers with handlers of their own, which would write each line in a form of theirs.
_OF_THEIR_OWN = ("streamlit", "uvicorn", "uvicorn.error", "uvicorn.access")


class JsonLines(logging.Formatter):
    """A record as one line: time (UTC), level, logger, message, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The JSON text, in ASCII, so that no message can break its line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


SAY_EVERY_S = 60.0


class Repeated:
    """What fails again and again fills no log: it is said at once, then once a minute with how often, and
    once when it is over. Safe to use from many threads.
    """

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger, self._clock = logger, clock
        self._lock = threading.Lock()
        self._said_at: dict[tuple[str, str], float] = {}  # by what failed and how
        self._unsaid: dict[tuple[str, str], int] = {}

    def failed(self, what: str, error: BaseException) -> None:
        """`what`, a sentence, did not work; an error that nobody foresaw is first said with its traceback."""
        how = f"{type(error).__name__}: {error}"[:500]
        with self._lock:
            said_at, now = self._said_at.get((what, how)), self._clock()
            self._unsaid[what, how] = times = self._unsaid.get((what, how), 0) + 1
            if said_at is not None and now - said_at < SAY_EVERY_S:
                return
            self._said_at[what, how], self._unsaid[what, how] = now, 0
        known = isinstance(error, InvalidRequest)
        said = str(error) if known else how
        if said_at is not None:
            said += f" ({times} times in {now - said_at:.0f} s)"
        traceback = error if said_at is None and not known else None
        self._logger.log(logging.WARNING if known else logging.ERROR, "%s %s", what, said, exc_info=traceback)

    def worked(self, what: str) -> None:
        """It does work now."""
        if not self._said_at:  # as nearly always
            return
        with self._lock:
            over = [key for key in self._said_at if key[0] == what]
            for key in over:
                del self._said_at[key], self._unsaid[key]
        if over:
            self._logger.warning("%s This is over.", what)


def write_as_json(stream: TextIO | None = None) -> None:
    """From here on all that this process logs, and what nobody catches, is written to `stream` as JSON."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    for name in [*_OF_THEIR_OWN, *logging.root.manager.loggerDict]:
        logger = logging.getLogger(name)
        if name.partition(".")[0] in _OF_THEIR_OWN:
            logger.handlers[:] = []
            logger.propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)  # else a line for each request
    sys.excepthook = _uncaught
    threading.excepthook = lambda gone: _uncaught(gone.exc_type, gone.exc_value, gone.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("uncaught").error("Nobody caught this.", exc_info=(kind, error or kind(), trace))
