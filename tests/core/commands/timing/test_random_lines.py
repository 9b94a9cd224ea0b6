"""Random command lines: each ends in a result, or in exit code 2 with one sentence."""

from __future__ import annotations

import contextlib
import io
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.timing.__main__ import main
from core.timing.workloads import WORKLOADS

COMMANDS = ("list", "run", "suite", "roofline", "speedup", "compare", "gate", "report", "gemm")
EXAMPLE = str(Path(__file__).parents[2] / "timing" / "results" / "stored" / "schema_1.jsonl")
# What keeps a line short; later words of the line may set it again, to something as short or impossible.
SHORT = {
    "run": ["--sizes", "4", "--threads", "1", "--max-seconds", "0.05", "--within", "0.2"],
    "suite": ["--sizes", "4", "--threads", "1", "--max-seconds", "0.05", "--within", "0"],
    "gate": ["--max-seconds", "0.05", "--target-ci", "1"],
    "report": ["--max-seconds", "0.05", "--within", "0"],
    "roofline": ["--threads", "1", "--max-seconds", "0.05", "--within", "0.2"],
    "speedup": ["--sizes", "4", "--threads", "1", "--max-seconds", "0.05", "--within", "0.2"],
    "gemm": ["--sizes", "16", "--threads", "1", "--max-seconds", "0.05"],
}

# Each option with values that are right, and with others that are not, or not on every machine.
RIGHT = {
    "--sizes": st.sampled_from(["1", "4,2", "8"]),
    "--dtypes": st.sampled_from(["float32", "bfloat16,float64", "float16"]),
    "--devices": st.sampled_from(["cpu", "cpu,cuda:3"]),
    "--threads": st.sampled_from(["1", "1,1"]),
    "--operand-fill": st.sampled_from(["random", "zeros,denormal", "untouched", "constant"]),
    "--target-ci": st.sampled_from(["0.5", "1"]),
    "--seed": st.sampled_from(["0", "7"]),
    "--max-seconds": st.sampled_from(["0.05", "0.06"]),
    "--quiet-wait": st.sampled_from(["0", "0.01"]),
    "--out": st.just(os.devnull),
}
NUMBERS = ["0", "-1", "1e3", "nan", "inf", "-inf", "1" * 30, "1" * 5000, "16,0"]
SIGNS = ["", ",", "--", "-", "\n", "/", ".", "..", "-h", "\x1b[2J", "é", "矩阵"]
junk = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from([*NUMBERS, *SIGNS])
WRONG = {
    "--sizes": st.sampled_from(["4294967296", "0", ""]) | junk,
    "--dtypes": st.sampled_from(["int8", "float8", "tf32", "float31"]) | junk,
    "--devices": st.sampled_from(["cuda", "mps", "xpu", "tpu"]) | junk,
    "--threads": st.sampled_from(["0", "64"]) | junk,
    "--steps": st.sampled_from(["training", "backward"]) | junk,
    "--operand-fill": st.just("ones") | junk,
    "--data": st.sampled_from(["ones", "zeros"]) | junk,
    "--target-ci": st.sampled_from(["0", "2"]) | junk,
    "--seed": st.sampled_from(["-1", str(2**64)]) | junk,
    # No junk where a number might be an hour.
    "--max-seconds": st.sampled_from(["0", "1e9", "nan", "x", ""]),
    "--quiet-wait": st.sampled_from(["-1", "1e9", "nan", "x", ""]),
    "--within": st.sampled_from(["-3", "nan", "inf", "x", ""]),
    "--out": st.sampled_from(["/", "/none/x.json", "", "a\0b", "x" * 5000]),
    "--frobnicate": st.just("7"),
    "--help": st.just("-h"),
}
FEW = {"--target-ci", "--seed", "--max-seconds", "--quiet-wait", "--out"}
ALLOWED = {
    "run": set(RIGHT),
    "suite": set(RIGHT),
    "roofline": FEW | {"--dtypes", "--devices", "--threads"},
    "speedup": set(RIGHT) - {"--operand-fill"},
    "compare": {"--out"},
    "gate": FEW,
    "report": FEW | {"--devices", "--threads"},
    "gemm": set(RIGHT) - {"--operand-fill"},
}
one_workload = st.sampled_from(list(WORKLOADS)).map(lambda name: [name])
NAMES = {
    "run": one_workload,
    "suite": st.sampled_from([["quick"], ["standard"], ["full"]]),
    "speedup": one_workload,
    "compare": st.just([EXAMPLE, EXAMPLE]),
    "gate": st.just([EXAMPLE]),
    "report": st.sampled_from([[], [EXAMPLE]]),
}
families = sorted({workload.family for workload in WORKLOADS.values()})
odd_names = st.lists(st.sampled_from([*families, "none.json", "/", EXAMPLE]) | junk, max_size=3)
form = st.sampled_from([[], [], ["--json"], ["--csv"], ["--markdown"]])


def drawn_options(draw: st.DrawFn, values: dict[str, st.SearchStrategy[str]], least: int = 0) -> list[str]:
    """A few of these options with one of their values each."""
    chosen = draw(st.lists(st.sampled_from(sorted(values)), min_size=least, max_size=3)) if values else []
    return [word for option in chosen for word in (option, draw(values[option]))]


@st.composite
def sound_lines(draw: st.DrawFn) -> list[str]:
    """A line that ends in a result, or in the sentence that says why this machine cannot do it."""
    # The gate measures up to three times, so it comes seldom.
    name = draw(st.sampled_from([name for name in COMMANDS for _ in range(1 + 3 * (name != "gate"))]))
    values = {option: value for option, value in RIGHT.items() if option in ALLOWED.get(name, ())}
    return [
        name,
        *SHORT.get(name, []),
        *draw(NAMES.get(name, st.just([]))),
        *drawn_options(draw, values),
        *draw(st.sampled_from([[], ["--json"]]) if name == "gemm" else form),
    ]


@st.composite
def odd_lines(draw: st.DrawFn) -> list[str]:
    """A line with some things that may be wrong, in any order."""
    name = draw(st.sampled_from(COMMANDS)) if draw(st.integers(0, 9)) else draw(junk)
    words = [*drawn_options(draw, RIGHT), *drawn_options(draw, WRONG, 1), *draw(form), *draw(form)]
    names = draw(NAMES.get(name, odd_names)) if draw(st.booleans()) else draw(odd_names)
    parts = [names, words] if draw(st.booleans()) else [words, names]
    return [name, *SHORT.get(name, []), *parts[0], *parts[1]]


lines = st.one_of([sound_lines()] + [odd_lines()] * 7)
some = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def outcome(arguments: list[str]) -> str:
    """Run a line, check how it ended, and say so: "run 0", "gate 2", "no command 2", "help"."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit:
            if "usage:" not in out.getvalue():  # --help, and nothing else, ends here
                raise
            return "help"
    assert code in (0, 1, 2)
    if code == 2:
        printed = err.getvalue().splitlines()
        assert len(printed) == 1
        assert printed[0].endswith(".")
    else:
        assert out.getvalue()
    return f"{arguments[0] if arguments[0] in COMMANDS else 'no command'} {code}"


def test_a_hundred_lines_each_end_in_a_result_or_in_one_sentence() -> None:
    seen: Counter[str] = Counter()

    @settings(some, max_examples=100)
    @given(lines)
    def check(arguments: list[str]) -> None:
        seen[outcome(arguments)] += 1

    check()
    assert sum(count for line, count in seen.items() if line.endswith(" 0")) > 5
    assert sum(count for line, count in seen.items() if line.endswith(" 2")) > 50


@pytest.mark.slow
def test_a_thousand_lines_hold_results_and_refusals_of_every_command() -> None:
    seen: Counter[str] = Counter()

    @settings(some, max_examples=1000)
    @given(lines)
    def check(arguments: list[str]) -> None:
        seen[outcome(arguments)] += 1

    check()
    assert sum(count for line, count in seen.items() if line.endswith(" 0")) > 50
    assert all(seen[f"{name} 2"] for name in COMMANDS)
