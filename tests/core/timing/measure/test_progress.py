"""What gets better step by step is watched, and its last step is the result."""

from __future__ import annotations

from collections.abc import Generator

from core.events import Progress
from core.timing.measure.progress import last_of, result_of


def test_each_step_is_a_sign_of_life_and_the_last_one_comes_back() -> None:
    progress = Progress(3, 4, "points")
    seen: list[Progress] = []

    def watch() -> Generator[Progress, None, int]:
        return (yield from last_of([5, 6, 7], progress))

    def keep() -> Generator[None, None, int]:
        steps = watch()
        while True:
            try:
                seen.append(next(steps))
            except StopIteration as end:
                return end.value
            yield

    assert result_of(keep()) == 7
    assert seen == [progress] * 3


def test_a_generator_runs_to_its_result() -> None:
    assert result_of(last_of("abc")) == "c"
