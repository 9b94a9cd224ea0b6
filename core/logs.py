"""The log of a server and of its workers: lines of text, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

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
