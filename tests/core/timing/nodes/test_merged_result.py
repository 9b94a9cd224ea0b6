"""A merged result is kept, read, shown in each form, and that of each node can be extracted."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.cluster.events import NodeLost, NodeWaiting
from core.errors import InvalidRequest
from core.events import event_record
from core.timing.__main__ import main
from core.timing.nodes.merging import by_node
from core.timing.nodes.report import NODES
from core.timing.nodes.verdicts import compare_nodes
from core.timing.results import files
from tests.core.timing.nodes.recorded import SIZES, WORKLOADS, merged, result

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "cluster.md"
POINTS = len(WORKLOADS) * len(SIZES)


def whole(**results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    records = merged(**results)
    return [*records, *map(event_record, compare_nodes(by_node(records)))]


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    lost = NodeLost("node-c", "the node died", "what it had measured until then is kept")
    return [
        *whole(node_a=result(1), node_b=result(2, slower=1.3), node_c=result(3, workloads=WORKLOADS[:2])),
        event_record(lost),
    ]


@pytest.fixture
def file(tmp_path: Path, records: list[dict[str, Any]]) -> Path:
    files.write(tmp_path / "merged.json", records)
    return tmp_path / "merged.json"


def test_it_is_read_as_it_was_written(file: Path, records: list[dict[str, Any]]) -> None:
    assert files.read(file) == json.loads(json.dumps(records))


def test_a_record_of_a_node_is_checked_and_upgraded_like_any_other(file: Path) -> None:
    content = json.loads(file.read_text())
    inner = next(
        r["record"] for r in content["events"] if r.get("record", {}).get("event") == "measurement_taken"
    )
    older = {**content, "schema": 2, "events": json.loads(json.dumps(content["events"]))}
    for record in older["events"]:
        if record.get("record", {}).get("event") == "measurement_taken":
            record["record"]["disturbed"] = record["record"].pop("contamination")
    assert files.parse(json.dumps(older)) == files.read(file)
    inner["median_s"] = -1.0
    with pytest.raises(InvalidRequest, match="median_s of a measurement_taken"):
        files.parse(json.dumps(content))


def test_the_sentences_name_the_slow_node_and_the_lost_one(records: list[dict[str, Any]]) -> None:
    slow, *rest = NODES.sentences(records)
    assert re.match(
        r"Slow: node-b on cpu takes 1\.\d+ times as long as the median of 3 nodes \(1\.\d+ to 1\.", slow
    )
    assert rest[-1] == "node-c was lost: the node died; what it had measured until then is kept."


def test_nobody_is_slow() -> None:
    assert NODES.sentences(whole(a=result(1), b=result(2))) == [
        "No node is slow: what differs is within the noise of 2.0%."
    ]
    (first, second) = NODES.sentences(whole(a=result(1), b=result(2, slower=2.0, only="copy")))
    assert first.startswith("No node is slow")
    assert second.startswith("In single points b on cpu is slower: copy float32, size ")
    assert NODES.sentences(merged(a=result(1))) == ["a alone has figures, so there is nothing to compare."]
    noisy = NODES.sentences(whole(a=result(1, noise=1.2), b=result(2, 1.5, noise=1.2)))
    assert noisy[0] == "No node is certainly slow."
    assert noisy[1].startswith("UNSURE of 2 nodes on cpu: the same figure differs so much")


def test_lines_csv_and_markdown_hold_every_figure_of_every_node(records: list[dict[str, Any]]) -> None:
    lines = [text for record in records if (text := NODES.line(record))]
    assert sum(line.startswith("node-b ") and "268" in line for line in lines) == POINTS
    assert any(line.startswith("node-b, cpu: 1.") and "SLOWER" in line for line in lines)
    assert "node-a: 2 processors" in lines
    assert (
        NODES.line(event_record(NodeWaiting("node-a", "other work has it")))
        == "node-a waits: other work has it"
    )
    rows = list(csv.DictReader(io.StringIO(NODES.csv(records))))
    assert [row["node"] for row in rows] == ["node-a"] * POINTS + ["node-b"] * POINTS + ["node-c"] * 4
    assert {row["verdict"] for row in rows if row["node"] == "node-b"} == {"SLOWER"}
    page = NODES.markdown(records)
    assert "| Workload | Device | Format | Size | Threads | node-a | node-b | node-c |" in page
    assert sum(line.startswith("| node-b | cpu | 1.") for line in page.splitlines()) == 1
    assert "lost: the node died" in page


def test_report_shows_it_and_extracts_one_node(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], records: list[dict[str, Any]]
) -> None:
    assert main(["report", str(file)]) == 0
    assert capsys.readouterr().out.startswith("# Timing of several nodes\n\n- Slow: node-b")
    one = tmp_path / "b.json"
    assert main(["report", str(file), "--node", "node-b", "--out", str(one)]) == 0
    assert "# Timing report" in capsys.readouterr().out
    assert files.read(one)[:-1] == by_node(records)["node-b"]
    other = tmp_path / "a.json"
    assert main(["report", str(file), "--node", "node-a", "--json", "--out", str(other)]) == 0
    capsys.readouterr()
    assert main(["compare", str(other), str(one), "--json"]) == 0
    compared = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {record["verdict"] for record in compared if "verdict" in record} == {"SLOWER"}


def test_the_documented_lines_of_python_find_the_slow_node(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (lines,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    monkeypatch.chdir(file.parent)
    exec(lines, {"open": lambda name: io.StringIO(Path(name).read_text())})
    assert re.fullmatch(r"\[\('node-b', 'cpu', 1\.\d+\)\]\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["report", "FILE", "--node", "node-x"], "it has node-a, node-b, node-c"),
        (["report", "--node", "node-a"], "name it"),
        (["compare", "FILE", "FILE"], "holds the results of several nodes"),
        (["gate", "FILE"], "--node NAME"),
    ],
)
def test_what_one_machines_result_is_needed_for_says_how_to_extract_it(
    words: list[str], sentence: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(file) if word == "FILE" else word for word in words]) == 2
    assert sentence in capsys.readouterr().err
