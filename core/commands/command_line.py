"""One command line from its words to its exit code: errors in one sentence, Ctrl-C, a closed pipe."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence

from core.commands.exit_codes import BAD_REQUEST, INTERRUPTED, OK
from core.device_order import number_by_bus
from core.errors import InvalidRequest
from core.garbage import end_without_collection
from core.operator_settings import operator_settings

_DISK_IS_FULL = tuple(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO") if hasattr(errno, name)
)


def run_command(command: Callable[[Sequence[str]], int], arguments: Sequence[str] | None) -> int:
    """The exit code of command(arguments); without arguments those of this process.

    InvalidRequest becomes one line on stderr, and so does an output that a full disk does not take. A command
    that keeps something when Ctrl-C is pressed sees to that itself (core.commands.job); here nothing is left
    to keep. A NABLASCOPE_* variable that cannot be so is refused before the command begins.
    """
    if arguments is None:
        arguments = sys.argv[1:]
        _end_with_the_reader()
        _write_in_any_encoding()
        number_by_bus()
        end_without_collection()
    try:
        try:
            if not {"-h", "--help"} & {*arguments}:
                operator_settings()
            return command(list(arguments))
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where a full disk is still an error
    except InvalidRequest as error:
        print(_on_one_line(str(error)), file=sys.stderr)
        return BAD_REQUEST
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        if not _has_left(error) and error.errno not in _DISK_IS_FULL:
            raise
        _close_output()
        if _has_left(error):
            return OK
        print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
        return BAD_REQUEST


def _end_with_the_reader() -> None:
    """A reader that closes the pipe early (`| head`) ends the process without a traceback."""
    broken_pipe = getattr(signal, "SIGPIPE", None)  # Windows has none: there writing fails, see _has_left()
    if broken_pipe is not None:
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.signal(broken_pipe, signal.SIG_DFL)


def _write_in_any_encoding() -> None:
    """A sign that the output's encoding lacks (Windows' pipes have few) is written as JSON would: \\u2212."""
    codecs.register_error("json", _as_json)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="json")


def _as_json(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _has_left(error: OSError) -> bool:
    """Whether the reader of a pipe has closed it; Windows also calls that an invalid argument."""
    return isinstance(error, BrokenPipeError) or (sys.platform == "win32" and error.errno == errno.EINVAL)


def _close_output() -> None:
    """What is still in the buffer has no reader; Python would fail on it once more at its end."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _on_one_line(text: str) -> str:
    """The text with line breaks and control characters written out, as an argument may hold them."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
