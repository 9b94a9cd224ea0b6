"""What the line of progress says, with a clock of the test's own."""

from __future__ import annotations

import io

from core.commands.progress_line import ProgressLine
from core.events import NodeProgress, Progress


class Clock:
    """A clock that stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A stderr that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_done_of_total_the_rate_and_the_time_left() -> None:
    clock, terminal = Clock(), Terminal()
    line = ProgressLine(stream=terminal, clock=clock)
    line.show(Progress(0, 2000, "steps"))
    assert terminal.getvalue().endswith("0 of 2,000 steps")
    clock.now += 10
    line.show(Progress(500, 2000, "steps", 1234.5, "samples"))
    assert terminal.getvalue().endswith("\r500 of 2,000 steps, 1,234 samples/s, about 30 s left")
    line.clear()
    width = len("500 of 2,000 steps, 1,234 samples/s, about 30 s left")
    assert terminal.getvalue().endswith(f"\r{' ' * width}\r")


def test_a_resumed_job_counts_the_time_left_from_where_it_began() -> None:
    clock, terminal = Clock(), Terminal()
    line = ProgressLine(stream=terminal, clock=clock)
    line.show(Progress(900, 1000, "steps"))
    clock.now += 5
    line.show(Progress(950, 1000, "steps"))
    assert terminal.getvalue().endswith("about 5 s left")


def test_another_kind_of_work_begins_anew() -> None:
    clock, terminal = Clock(), Terminal()
    line = ProgressLine(stream=terminal, clock=clock)
    line.show(Progress(0, 1, "roofs"))
    clock.now += 60
    line.show(Progress(0, 10, "points"))
    clock.now += 1
    line.show(Progress(1, 10, "points"))
    assert terminal.getvalue().endswith("1 of 10 points, about 9 s left")


def test_a_terminal_is_written_to_ten_times_a_second_at_most() -> None:
    clock, terminal = Clock(), Terminal()
    line = ProgressLine(stream=terminal, clock=clock)
    for step in range(1000):
        clock.now += 0.001
        line.show(Progress(step, 1000, "steps"))
    assert 5 <= terminal.getvalue().count("\r") // 2 <= 11


def test_a_file_gets_lines_now_and_then_where_asked_and_else_nothing() -> None:
    for log_every_s, count in ((None, 0), (2.0, 4)):
        clock, file = Clock(), io.StringIO()
        line = ProgressLine(log_every_s, file, clock)
        for step in range(11):
            line.show(Progress(step, 10, "points"))
            clock.now += 1
        line.clear()
        assert len(file.getvalue().splitlines()) == count


def test_nodes_of_a_cluster_stand_side_by_side_each_with_its_own_time_left() -> None:
    clock, terminal = Clock(), Terminal()
    line = ProgressLine(stream=terminal, clock=clock)
    for node in ("a", "b"):
        line.show(NodeProgress(0, 10, "points", node=node))
    clock.now += 10
    line.show(NodeProgress(5, 10, "points", node="a"))
    clock.now += 10
    line.show(NodeProgress(2, 10, "points", node="b"))
    assert terminal.getvalue().endswith(
        "\ra: 5 of 10 points, about 10 s left; b: 2 of 10 points, about 80 s left"
    )


def test_in_a_log_each_node_has_lines_of_its_own() -> None:
    clock, log = Clock(), io.StringIO()
    line = ProgressLine(5, stream=log, clock=clock)
    for step in range(1, 9):
        clock.now += 2
        for node in ("a", "b"):
            line.show(NodeProgress(step, 10, "points", node=node))
    assert [text.split(",")[0] for text in log.getvalue().splitlines()] == [
        *("a: 3 of 10 points", "b: 3 of 10 points", "a: 6 of 10 points", "b: 6 of 10 points"),
    ]


def test_what_a_job_does_before_it_begins_is_said_wherever_stderr_leads() -> None:
    for stream in (Terminal(), io.StringIO()):
        line = ProgressLine(stream=stream, clock=Clock())
        line.show(Progress(0, 5, "epochs", doing="compiling steps"))
        assert "Compiling steps ...\n" in stream.getvalue()
