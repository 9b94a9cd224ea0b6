"""How far a job is, on stderr, where it does not mix with the results on stdout."""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from core.events import Progress

TERMINAL_EVERY_S = 0.1


class _Part:
    """How far one node is, or the whole job: what it last said, and since when it does this kind of work."""

    def __init__(self, shown_at: float) -> None:
        self.unit, self.first_done, self.began = "", 0.0, 0.0
        self.text, self.shown_at = "", shown_at


class ProgressLine:
    """Done of total, the rate and the time left: on a terminal one line that is written over.

    Nodes of a cluster stand side by side on that line; elsewhere each has a line of its own.
    log_every_s: elsewhere (a file, a CI log) a line of its own this often; None for nothing there. stream:
    stderr where none is given.
    """

    def __init__(
        self,
        log_every_s: float | None = None,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._terminal = self._stream.isatty()
        self._every_s = TERMINAL_EVERY_S if self._terminal else log_every_s
        self._start = -math.inf if self._terminal else clock()
        self._shown_at = self._start  # the terminal's line
        self._parts: dict[str, _Part] = {}  # by node; "" is the whole job
        self._width = 0  # of what stands on the terminal's line

    def show(self, progress: Progress) -> None:
        """Take note of where the job is, and show it when it is time to."""
        now, node = self._clock(), getattr(progress, "node", "")
        part = self._parts.setdefault(node, _Part(self._start))
        if progress.unit != part.unit:  # the time left is that of one kind of work
            part.unit, part.first_done, part.began = progress.unit, progress.done, now
        shown_at = self._shown_at if self._terminal else part.shown_at
        part.text = f"{node}: " * bool(node) + self._text(progress, part, now)
        if progress.doing:
            self._say(progress.doing)
        if self._every_s is None or now - shown_at < self._every_s:
            return
        if self._terminal:
            self._shown_at = now
            # What nodes do replaces what the whole job said before them, and the other way round.
            shown = [one.text for name, one in self._parts.items() if bool(name) == bool(node)]
            self._write_over("; ".join(shown)[: shutil.get_terminal_size().columns - 1])
        elif 1 <= progress.done < progress.total:
            part.shown_at = now
            print(part.text, file=self._stream, flush=True)

    def _say(self, doing: str) -> None:
        """A line that stays, wherever stderr leads: what comes is a wait that nothing else explains."""
        self.clear()
        print(f"{doing[0].upper()}{doing[1:]} ...", file=self._stream, flush=True)
        self._width = 0

    def _text(self, progress: Progress, part: _Part, now: float) -> str:
        parts = [f"{int(progress.done):,} of {int(progress.total):,} {progress.unit}"]
        if progress.rate_per_s:
            parts.append(f"{progress.rate_per_s:,.0f} {progress.rate_unit}/s")
        done = progress.done - part.first_done
        if done > 0:
            left_s = (now - part.began) * (progress.total - progress.done) / done
            parts.append(f"about {left_s:,.0f} s left")
        return ", ".join(parts)

    def clear(self) -> None:
        """Make room for a line of results on the same terminal."""
        if self._terminal:
            self._write_over("")

    def _write_over(self, text: str) -> None:
        """With spaces, since older consoles of Windows print the sign that clears a line."""
        self._stream.write(f"\r{' ' * self._width}\r{text}")
        self._stream.flush()
        self._width = len(text)
