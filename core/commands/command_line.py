"""One command line from its words to its exit code: errors in one sentence, Ctrl-C, a closed pipe."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Sequence

from core.commands.exit_codes import BAD_REQUEST, INTERRUPTED
from core.errors import InvalidRequest


def run_command(command: Callable[[Sequence[str]], int], arguments: Sequence[str] | None) -> int:
    """The exit code of command(arguments); without arguments those of this process.

    InvalidRequest becomes one line on stderr. A command that keeps something when Ctrl-C is pressed sees to
    that itself (core.commands.job); here nothing is left to keep.
    """
    if arguments is None:
        arguments = sys.argv[1:]
        _end_with_the_reader()
    try:
        return command(list(arguments))
    except InvalidRequest as error:
        print(_on_one_line(str(error)), file=sys.stderr)
        return BAD_REQUEST
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED


def _end_with_the_reader() -> None:
    """A reader that closes the pipe early (`| head`) ends the process without a traceback."""
    with contextlib.suppress(AttributeError, ValueError):  # Windows has no SIGPIPE
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _on_one_line(text: str) -> str:
    """The text with line breaks and control characters written out, as an argument may hold them."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
