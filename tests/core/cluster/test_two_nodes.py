"""On a real Ray of two nodes, each with processes of its own: merged results, a node that dies, Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.timing.__main__ import main as timing
from core.timing.nodes.merging import by_node
from core.timing.results import files
from core.timing.results.table import measurements
from tests.core.cluster.started import NEEDS_RAY, Nodes, two_nodes
from tests.core.commands.processes import start
from tests.waiting import wait_until

pytestmark = NEEDS_RAY
SWEEP = [
    *("mlp", "--data", "moons", "--epochs", "6", "--set", "engine=eager", "--samples", "200", "--seeds", "6"),
    *("--vary", "activation=tanh,relu", "--json"),
]
POINTS = ["run", "gemm", "copy", "--sizes", "32,64,128", "--threads", "1", "--max-seconds", "0.05", "--json"]
LONG = [*POINTS, "--sizes", ",".join(map(str, range(32, 56)))]
LONG_POINTS = 2 * 24


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with two_nodes(tmp_path_factory.mktemp("ray") / "log") as started:
        yield started


@contextlib.contextmanager
def command(module: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that has ended when the block has."""
    with start(module, *words) as process:
        try:
            yield process
        finally:
            process.kill()


def records(text: str) -> list[dict[str, Any]]:
    """Each line of stdout has to be JSON: what Ray has to say is not among them."""
    return [json.loads(line) for line in text.splitlines()]


def of(found: Sequence[dict[str, Any]], *events: str) -> list[dict[str, Any]]:
    return [record for record in found if record["event"] in events]


def without_times(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a training makes, without how long it took and where."""
    same = []
    for record in of(found, "ensemble_started", "ensemble_epoch_completed", "ensemble_finished"):
        kept = {key: value for key, value in record.items() if key not in ("elapsed_s", "samples_per_s")}
        for place in kept.get("ranking", ()):
            place.pop("seconds")
        same.append(kept)
    return same


@pytest.fixture(scope="module")
def local() -> list[dict[str, Any]]:
    """The sweep on this machine alone."""
    process = start("core.training", *SWEEP)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return without_times(records(out))


def test_a_sweep_gives_the_numbers_of_one_machine(nodes: Nodes, local: list[dict[str, Any]]) -> None:
    process = start("core.training", *SWEEP, "--ray", nodes.address)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    found = records(out)
    assert without_times(found) == local
    assert len(of(found, "node_found")) == 2
    (trained,) = of(found, "members_trained")
    assert len(trained["nodes"]) == 2
    assert sum(trained["nodes"].values()) == 12


def test_a_suite_gives_one_result_with_both_nodes(
    nodes: Nodes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "merged.json"
    process = start("core.timing", *POINTS, "--ray", nodes.address, "--out", str(file))
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert records(out) == files.read(file)
    found = files.read(file)
    results = by_node(found)
    assert len(results) == 2
    assert {len(measurements(result)) for result in results.values()} == {6}
    assert {record["machine"] for record in of(found, "node_found")} == {0}
    assert [record["points"] for record in of(found, "node_judged")] == [6, 6]
    for name in results:
        assert timing(["report", str(file), "--node", name, "--csv"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 7


def test_ctrl_c_ends_the_work_of_all_nodes(nodes: Nodes) -> None:
    words = [*SWEEP, "--epochs", "9999", "--seeds", "1", "--ray", nodes.address]
    with command("core.training", *words) as process:
        assert process.stdout is not None
        while '"ensemble_epoch_completed"' not in (line := process.stdout.readline()):
            assert line
        assert len(at_work()) == 2
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "Stopped."
    wait_until(lambda: at_work() == [])


def at_work() -> list[int]:
    """Processes of Ray's nodes that do a part of this project."""
    names = ((process.pid, process.info["cmdline"]) for process in psutil.process_iter(["cmdline"]))
    return [pid for pid, words in names if words and words[0].startswith("ray::run")]


def test_a_node_that_dies_while_it_is_measured_keeps_what_it_had(nodes: Nodes) -> None:
    place = int(nodes.do("where"))
    found: list[dict[str, Any]] = []
    dying = ""
    with command("core.timing", *LONG, "--ray", nodes.address) as process:
        for line in process.stdout or ():
            found.append(json.loads(line))
            second = [record["node"] for record in of(found, "node_found")][place:][:1]
            if not dying and second and len(measurements(by_node(found).get(second[0], []))) == 2:
                dying = second[0]
                nodes.do("kill")
        assert process.wait(60) == 0
    (lost,) = of(found, "node_lost")
    assert (lost["node"], lost["lost"]) == (dying, "what it had measured until then is kept")
    results = by_node(found)
    kept, (whole,) = results.pop(dying), results.values()
    assert 2 <= len(measurements(kept)) < len(measurements(whole)) == LONG_POINTS
    (concluded,) = of(found, "concluded")
    assert any(
        sentence.startswith(f"{dying} was lost: the node died; ") for sentence in concluded["sentences"]
    )
    nodes.do("add")


def test_the_trainings_of_a_node_that_dies_are_done_by_the_other(
    nodes: Nodes, local: list[dict[str, Any]]
) -> None:
    found: list[dict[str, Any]] = []
    with command("core.training", *SWEEP, "--ray", nodes.address) as process:
        for line in process.stdout or ():
            found.append(json.loads(line))
            if found[-1]["event"] == "ensemble_started":
                nodes.do("kill")
        assert process.wait(60) == 0
    (lost,) = of(found, "node_lost")
    assert lost["lost"] == "2 trainings were given to other nodes"
    (trained,) = of(found, "members_trained")
    assert sum(trained["nodes"].values()) == 12
    assert without_times(found) == local
    nodes.do("add")


@pytest.mark.parametrize(
    ("variables", "port", "sentence"),
    [
        ({"RAY_AUTH_TOKEN": ""}, None, "No token for the Ray cluster at "),
        ({}, 4, "No Ray cluster answers at 127.0.0.1:4: Connection refused."),
        ({"RAY_AUTH_TOKEN": "cd" * 32}, None, "does not take this token: set RAY_AUTH_TOKEN"),
    ],
    ids=["no token", "nobody there", "wrong token"],
)
def test_a_cluster_that_cannot_be_used_is_one_sentence(
    nodes: Nodes,
    variables: dict[str, str],
    port: int | None,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # where a token of this person could be
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    address = f"127.0.0.1:{port}" if port else nodes.address
    process = start("core.training", *SWEEP, "--ray", address)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1
