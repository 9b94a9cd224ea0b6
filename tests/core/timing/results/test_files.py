"""Result files: every version stays readable, and what is no result file is refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidRequest
from core.timing.results import files
from core.timing.results.conclusions import conclusions
from core.timing.results.events import SCHEMA
from core.timing.results.lines import row
from core.timing.results.markdown import to_markdown
from core.timing.results.table import measurements, table, to_csv, to_json

EXAMPLES = Path(__file__).parent / "stored"
FIRST = (EXAMPLES / "schema_1.json").read_text()
LINES = (EXAMPLES / "schema_1.jsonl").read_text()


def refusal(text: str) -> str:
    with pytest.raises(InvalidRequest) as error:
        files.parse(text, "'it'")
    answer = str(error.value)
    assert len(answer.splitlines()) == 1
    assert answer.startswith("'it' ")
    return answer


def test_there_is_an_example_of_every_version() -> None:
    kept = {path.stem for path in EXAMPLES.iterdir()}
    assert {f"schema_{version}" for version in range(1, SCHEMA + 1)} <= kept


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_every_old_file_is_still_read_printed_and_tabulated(path: Path) -> None:
    records = files.read(path)
    taken = measurements(records)
    assert taken
    assert records[0]["event"] == "environment_read"
    for record in taken:
        assert record["gflops"] == pytest.approx(record["flops"] / record["median_s"] / 1e9)
        assert record["gbps"] == pytest.approx(record["bytes_moved"] / record["median_s"] / 1e9)
        assert row(record)
    assert len(table(records)) == len(to_csv(records).splitlines()) - 1 == len(taken)
    assert conclusions(records)
    assert to_markdown(records).startswith("# ")


def test_what_version_1_held_is_read_as_it_was() -> None:
    written = json.loads(FIRST)["events"]
    for before, after in zip(written, files.parse(FIRST), strict=True):
        assert before.items() <= after.items()


def test_lines_printed_by_json_are_a_result_too() -> None:
    assert len(measurements(files.parse(LINES))) == 2


def test_a_written_file_reads_back_to_the_same_records(tmp_path: Path) -> None:
    records = files.parse(FIRST)
    files.write(tmp_path / "result.json", records)
    assert files.read(tmp_path / "result.json") == records
    assert json.loads((tmp_path / "result.json").read_text())["schema"] == SCHEMA
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(FIRST.rstrip()) - 1))
def test_a_truncated_file_is_refused(length: int) -> None:
    refusal(FIRST[:length])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(LINES) - 1))
def test_truncated_lines_are_refused_or_end_at_a_whole_line(length: int) -> None:
    text = LINES[:length]
    if text.rstrip("\n").split("\n")[-1] in LINES.split("\n") and text.strip():
        assert files.parse(text)
    else:
        refusal(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("hello", "not JSON"),
        ("3", "events"),
        ("[]", "schema"),
        ("[1, 2]", "schema"),
        ("{}", "events"),
        ('{"events": []}', "schema"),
        ('{"schema": 1, "events": []}', "environment"),
        ('{"schema": true, "events": []}', "schema"),
        ('{"schema": 1, "events": [7]}', "event"),
        ('{"schema": 1, "events": {"a": 1}}', "events"),
        (f'{{"schema": {SCHEMA + 1}, "events": []}}', f"version {SCHEMA + 1}"),
        ("[" * 100_000, "nested"),
        ('{"schema": NaN, "events": []}', "not JSON"),
        ("1" * 5000, "not JSON"),
    ],
)
def test_what_is_no_result_file_is_refused_with_the_reason(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize("first", range(7))
def test_of_several_broken_records_the_first_is_named(first: int) -> None:
    begin, *others = json.loads(FIRST)["events"]
    taken = next(record for record in others if record["event"] == "measurement_taken")
    absent = {name: value for name, value in taken.items() if name != "flops"}
    faults = [
        ({**taken, "gflops": "many"}, "gflops of a measurement_taken is not what it should be"),
        (absent, "flops of a measurement_taken is missing"),
        ({**taken, "times_s": [*taken["times_s"][:-1], 0.0]}, "times_s of a measurement_taken is not what"),
        ({**taken, "threads": None}, "threads of a measurement_taken is not what it should be"),
        ({"event": "device_absent", "device": 7, "reason": "lost"}, "device of a device_absent is not what"),
        ({"event": "node_event", "node": "a", "record": absent}, "flops of a measurement_taken is missing"),
        ({"event": 7}, 'a record has no "event"'),
    ]
    around = [taken] * first
    broken = [record for record, _ in (*faults[first:], *faults[:first])]
    events = [begin, {"event": "of another version"}, *around, *broken, *others]
    assert faults[first][1] in refusal(json.dumps({"schema": 1, "events": events}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}\n" * 700_000, "it does not begin with the environment"),
        (f'{{"schema": 3, "events": [{"{}," * 700_000}{{}}]}}', "it does not begin with the environment"),
        (f"{LINES.splitlines()[0]}\n{'{}' + chr(10)}" + "{}\n" * 700_000, 'line 2 has no "event"'),
    ],
)
def test_a_large_file_of_something_else_is_refused_without_reading_all_of_it(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    monkeypatch.setattr(files, "_from_json", lambda text: read.append(len(text)) or json.loads(text))
    assert said in refusal(text)
    assert len(read) <= 3
    assert sum(read[1:]) < 10_000, "of the whole it is asked only whether it is one value"


wrong = st.sampled_from(
    [None, -1, 0, True, "x", [], {}, [None], ["a"], [-1.0], {"a": {}}, 1e400, 10**400, [[]], "\n"]
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_field_of_the_wrong_kind_is_refused_or_can_still_be_printed(data: st.DataObject) -> None:
    document: dict[str, Any] = json.loads(FIRST)
    record = data.draw(st.sampled_from(document["events"]))
    field = data.draw(st.sampled_from(sorted(record)))
    if data.draw(st.booleans()):
        del record[field]
    else:
        record[field] = data.draw(wrong)
    refusal = ""
    try:
        records = files.parse(json.dumps(document), "'it'")
    except InvalidRequest as error:
        refusal, records = str(error), files.parse(FIRST)
    assert len(refusal.splitlines()) <= 1
    assert to_markdown(records)
    assert to_csv(records)
    assert to_json(records)
    assert table(records) is not None


def test_paths_that_cannot_be_read_or_written_are_reported(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00\x81")
    for path in (tmp_path / "none.json", tmp_path, tmp_path / "bytes", "a\0b", "x" * 5000):
        with pytest.raises(InvalidRequest) as error:
            files.read(path)
        assert len(str(error.value).splitlines()) == 1
    for path in (tmp_path, tmp_path / "none" / "x.json", "a\0b", "x" * 5000):
        with pytest.raises(InvalidRequest):
            files.check_writable(path)
