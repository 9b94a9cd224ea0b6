"""/metrics is OpenMetrics text, and counts what was answered and what was refused."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.server.metrics import Answers, CountAnswers, Family, text_of
from tests.dashboard.server.asgi import ask

# https://github.com/prometheus/OpenMetrics: the grammar of the lines that are used here.
_NAME, _TEXT = r"[a-zA-Z_:][a-zA-Z0-9_:]*", r'"(?:[^"\\\n]|\\["\\n])*"'
LINES = (
    rf"# TYPE {_NAME} (?:gauge|counter)",
    rf"# UNIT {_NAME} {_NAME}",
    rf"# HELP {_NAME} (?:[^\\\n]|\\[\\n\"])*",
    rf"{_NAME}(?:\{{{_NAME}={_TEXT}(?:,{_NAME}={_TEXT})*\}})? -?\d+(?:\.\d+)?(?:e[+-]?\d+)?",
    "# EOF",
)


def assert_is_openmetrics(text: str) -> dict[str, float]:
    """Each line by the grammar, samples below their family's lines, units in names; the samples by name."""
    assert text.endswith("\n# EOF\n")
    samples, family, kind, families = {}, "", "", []
    for line in text.splitlines():
        assert any(re.fullmatch(pattern, line) for pattern in LINES), line
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            families.append(family)
        elif line.startswith("# UNIT "):
            assert line.split(" ")[2] == family
            assert family.endswith(f"_{line.split(' ')[3]}")
        elif not line.startswith("# "):
            name, value = line.rsplit(" ", 1)
            assert name.partition("{")[0] == family + ("_total" if kind == "counter" else "")
            assert name not in samples
            samples[name] = float(value)
    assert len(set(families)) == len(families)
    return samples


def test_labels_and_help_are_escaped_and_names_follow_the_types() -> None:
    odd = 'a "quoted"\\ text\nof two lines'
    families = [
        Family("n_bytes", "counter", odd, [({"of": odd}, 3), ({"of": "b"}, 4.5)], "bytes"),
        Family("n_runs", "gauge", "Runs.", [({}, 0)]),
        Family("n_none", "counter", "None yet.", []),
    ]
    found = assert_is_openmetrics(text_of(families))
    assert found['n_bytes_total{of="b"}'] == 4.5
    assert found["n_runs"] == 0
    assert len(found) == 3


def answer(request: Request) -> Response:
    return PlainTextResponse("12345", int(request.query_params.get("status", request.path_params["status"])))


def test_answers_with_frames_and_refusals_are_counted() -> None:
    answers = Answers()
    routes = [Route("/lab/film/{run}", lambda _: PlainTextResponse("12345")), Route("/{status}", answer)]
    app = CountAnswers(Starlette(routes=routes), answers)
    for path in ("/lab/film/a-_1", "/lab/film/b", "/200", "/404", "/413", "/413", "/503"):
        ask(app, path)
    assert (answers.film, answers.film_bytes) == (2, 10)
    assert answers.refused == {413: 2, 503: 1}
