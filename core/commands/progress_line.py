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


class ProgressLine:
    """Done of total, the rate and the time left: on a terminal one line that is written over.

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
        self._shown_at = -math.inf if self._terminal else clock()
        self._unit, self._first_done, self._began = "", 0.0, 0.0
        self._width = 0  # of what stands on the terminal's line

    def show(self, progress: Progress) -> None:
        """Take note of where the job is, and show it when it is time to."""
        now = self._clock()
        if progress.unit != self._unit:  # the time left is that of one kind of work
            self._unit, self._first_done, self._began = progress.unit, progress.done, now
        if self._every_s is None or now - self._shown_at < self._every_s:
            return
        if self._terminal:
            self._shown_at = now
            text = self._text(progress, now)[: shutil.get_terminal_size().columns - 1]
            self._write_over(text)
        elif 1 <= progress.done < progress.total:
            self._shown_at = now
            print(self._text(progress, now), file=self._stream, flush=True)

    def _text(self, progress: Progress, now: float) -> str:
        parts = [f"{int(progress.done):,} of {int(progress.total):,} {progress.unit}"]
        if progress.rate_per_s:
            parts.append(f"{progress.rate_per_s:,.0f} {progress.rate_unit}/s")
        done = progress.done - self._first_done
        if done > 0:
            left_s = (now - self._began) * (progress.total - progress.done) / done
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
