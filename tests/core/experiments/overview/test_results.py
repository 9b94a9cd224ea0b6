"""Results of statements: out of events, to a file and back, side by side, and as a report."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.experiments.overview import results
from core.experiments.overview.config import StatementsConfig
from core.experiments.overview.job import run_statements
from core.experiments.overview.lessons import LESSONS
from core.experiments.overview.registry import STATEMENTS, chosen
from core.experiments.overview.report import as_html, as_markdown
from core.experiments.overview.results import Result
from core.experiments.overview.work_sheet import as_html as work_sheet
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from core.jobs import JOBS
from core.records import to_record

KEY = "sigmoid_gradients"
SMALL = {"gains": (1.0, 4.0), "layers": 30, "width": 16, "seeds": 9}


@pytest.fixture(scope="module")
def events() -> list[object]:
    return [*run_statements(StatementsConfig((KEY,), values=SMALL))]


@pytest.fixture(scope="module")
def result(events: list[object]) -> Result:
    records = [event_record(event) for event in events if not isinstance(event, Progress)]
    (found,) = results.from_records(records, 1.6e9, {"cpu": "A <processor>", "torch": "2"})
    return found


def test_events_become_one_result_with_all_that_a_report_needs(result: Result) -> None:
    assert (result.statement, result.effort) == (KEY, "quick")
    assert result.settings["gains"] == [1.0, 4.0]
    assert result.verdict == DEPENDS
    assert {one.verdict for one in result.judgements if one.counts} == {SUPPORTED, REFUTED}
    assert [one.name for one in result.series] == ["Sigmoid", "Tanh"]
    assert all(len(one.x) == len(one.y) == 2 for one in result.series)


def test_a_run_that_was_stopped_has_the_results_it_came_to(events: list[object]) -> None:
    records = [event_record(event) for event in events if not isinstance(event, Progress)]
    assert results.from_records(records[:-1], 0, None) == []
    twice = records + records[:-1]
    assert len(results.from_records(twice, 0, None)) == 1
    so_far = results.drawn_so_far(records[:-1])
    assert so_far is not None
    assert so_far.statement == KEY


def test_progress_of_several_is_of_all_together() -> None:
    config = StatementsConfig((KEY, KEY), values={})
    assert config.statements == (KEY,)
    other = next(key for key in STATEMENTS if key != KEY)
    both = run_statements(StatementsConfig((KEY, other)))
    first = next(event for event in both if isinstance(event, Progress))
    assert (first.total, first.unit) == (2, "statements")
    assert first.done < 1


def test_the_job_runs_from_its_stored_config() -> None:
    config = to_record(StatementsConfig((KEY,), values={**SMALL, "gains": (1.0,), "seeds": 1}))
    assert config["values"]["gains"] == [1.0]
    *_, last = JOBS["statements"].start(config)
    assert event_record(last)["event"] == "statement_judged"


def test_a_file_of_results_reads_as_it_was_written(result: Result, tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(results.line(replace(result, verdict=SUPPORTED)) + "\n" + results.line(result) + "\n")
    assert results.read(file) == {KEY: result}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "holds no results"),
        (b"{}\n", "Line 1 of .* is no result of a statement"),
        (b"not json\n", "Line 1 of .* is no result of a statement"),
        (b'{"version": 9}\n', "is of version 9"),
        (b"\xff\xfe", "cannot be read"),
        (b"[1]\n", "is no result"),
    ],
)
def test_a_file_that_holds_none_is_refused(content: bytes, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    file.write_bytes(content)
    with pytest.raises(InvalidRequest, match=sentence):
        results.read(file)
    with pytest.raises(InvalidRequest, match="cannot be read"):
        results.read(tmp_path / "none")


def test_two_reports_say_which_verdicts_changed_and_why(result: Result) -> None:
    before = replace(
        result,
        verdict=SUPPORTED,
        settings={**result.settings, "layers": 50},
        judgements=tuple(replace(one, verdict=SUPPORTED) for one in result.judgements),
    )
    (change,) = results.changes({KEY: before}, {KEY: result})
    assert (change.before, change.after) == (SUPPORTED, DEPENDS)
    assert any("layers: 50 before, 30 now" in reason for reason in change.because)
    assert any("gain 1" in reason and "refuted" in reason for reason in change.because)
    assert results.changes({KEY: result}, {KEY: result}) == []
    assert change.before in as_markdown({KEY: result}, {KEY: before})
    assert "No verdict changed" in as_html({KEY: result}, {KEY: result})


def test_the_report_needs_nothing_else_and_holds_every_statement(result: Result) -> None:
    page = as_html({KEY: result})
    assert all(entry.title.replace("'", "&#x27;") in page for entry in STATEMENTS.values())
    assert page.count("Not tested yet") == len(STATEMENTS) - 1
    assert "A &lt;processor&gt;" in page, "texts are escaped"
    assert not re.search(r'(src|href)="(?!#)', page.replace('xlink:href="#', "")), "it loads something"
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawn) == 1
    texts = " ".join(ElementTree.fromstring(drawn[0]).itertext())
    assert STATEMENTS[KEY].plot.title in texts
    assert as_html({KEY: result}) == page, "the same results give the same page"


def test_the_report_in_markdown_says_the_same(result: Result) -> None:
    text = as_markdown({KEY: result})
    assert "**Depends.**" in text
    assert "data:image/svg+xml;base64," in text
    assert all(one.condition in text for one in result.judgements)


def test_a_work_sheet_has_room_for_each_statement_of_its_lesson() -> None:
    for lesson in LESSONS.values():
        page = work_sheet(lesson, "https://host/overview?lesson=x&a=b")
        assert page.count("it depends") == len(lesson.statements)
        assert "lesson=x&amp;a=b" in page
        assert lesson.answer not in page


def test_statements_are_named_by_key_or_number() -> None:
    assert chosen(["3a"]) == [KEY]
    assert chosen(["all"]) == [*STATEMENTS]
    assert chosen([*reversed(STATEMENTS)]) == [*STATEMENTS]
    for names in ([], ["3"], ["purple"]):
        with pytest.raises(InvalidRequest, match="choose from"):
            chosen(names)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"statements": (KEY,), "effort": "some"}, "Unknown effort"),
        ({"statements": (KEY,), "values": {"colour": 1}}, "Unknown option 'colour'"),
        ({"statements": (KEY,), "values": {"layers": 1}}, "layers of sigmoid_gradients 1 is not possible"),
        ({"statements": ("all",), "values": {"layers": 10}}, "those of one statement"),
    ],
)
def test_what_cannot_be_tested_is_refused(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        StatementsConfig(**settings)  # type: ignore[arg-type]


def test_numbers_of_capped_runs_say_that_they_are_that_or_more(result: Result) -> None:
    one = replace(result.judgements[0], samples=12, unit="steps", format=".0f", confidence=0.99)
    words = results.number_in_words
    assert words(replace(one, estimate=28.0, low=19.0, high=53.0)) == "28 steps (19 to 53)"
    assert words(replace(one, estimate=77.0, low=47.0, high=None)) == "77 steps (47 to unbounded)"
    assert words(replace(one, estimate=None, low=120.0, high=None)) == "120 steps or more"
    assert words(replace(one, estimate=None, low=None, high=-5.0)) == "-5 steps or less"
    assert words(replace(one, estimate=None, low=None, high=None)) == "not bounded"
    assert words(replace(one, estimate=3.0, confidence=1.0)) == "3 steps"
    assert words(replace(one, samples=0)) == "not measured"


@pytest.mark.parametrize(
    "broken",
    [
        {"settings": 3},
        {"ended_at": "yesterday"},
        {"ended_at": 1e300},
        {"verdict": "purple"},
        {"environment": None},
        {"elapsed_s": None},
        {"statement": ["a"]},
        {"series": [{"name": "a", "x": [1], "y": [1, 2]}]},
        {"series": [{"name": "a", "x": [1], "y": [1], "low": [0, 0], "high": [2, 2]}]},
        {"series": [{"name": "a", "x": [1], "y": ["1"]}]},
        {"judgements": [5]},
        {"judgements": 5},
        {"facts": [{"name": 1, "text": []}]},
        {"images": {"a": [[1, 2], [3]]}},
        {"images": {"a": []}},
    ],
)
def test_a_line_that_no_report_could_show_is_refused(
    broken: dict[str, object], result: Result, tmp_path: Path
) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(results.line(result) + "\n" + json.dumps(json.loads(results.line(result)) | broken))
    with pytest.raises(InvalidRequest, match=r"^Line 2 of .* is no result of a statement\.$"):
        results.read(file)


def test_a_format_that_writes_no_number_and_endless_brackets_are_refused(
    result: Result, tmp_path: Path
) -> None:
    file = tmp_path / "results.jsonl"
    odd = replace(result, judgements=(replace(result.judgements[0], format="purple"),))
    for text in (results.line(odd), "[" * 100_000):
        file.write_text(text)
        with pytest.raises(InvalidRequest, match="is no result of a statement"):
            results.read(file)


def test_a_result_of_few_seeds_whose_intervals_have_no_ends_is_read_and_reported(
    result: Result, tmp_path: Path
) -> None:
    one = result.series[0]
    wide = replace(one, low=(-math.inf,) * len(one.x), high=(math.inf,) * len(one.x))
    file = tmp_path / "results.jsonl"
    file.write_text(results.line(replace(result, series=(wide,))))
    found = results.read(file)
    assert found[KEY].series == (wide,)
    assert "<svg" in as_html(found)


def test_a_changed_verdict_names_both_machines_and_few_reasons(result: Result) -> None:
    other = {"cpu": "Another processor", "torch": "3"}
    turned = tuple(replace(one, verdict=REFUTED) for one in result.judgements)
    before = replace(result, verdict=REFUTED, environment=other, judgements=turned, settings={"layers": 1})
    text = as_markdown({KEY: result}, {KEY: before})
    assert "on Another processor, torch 3 before, on A <processor>, torch 2 now" in text
    assert "Before: 1 statement tested: 1 refuted." in text
    (line,) = [line for line in text.splitlines() if "refuted before, depends now" in line]
    assert line.count(";") <= 4
