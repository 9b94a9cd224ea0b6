"""What an address may be, and what is said where it is none or where Ray is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from core.cluster.address import INSTALL, RAY_VERSION, host_and_port
from core.timing.__main__ import main as timing
from core.training.__main__ import main as training

ROOT = Path(__file__).resolve().parents[3]
SWEEP = ["mlp", "--data", "moons", "--seeds", "2", "--ray"]
SUITE = ["suite", "quick", "--ray"]


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("10.0.0.5:6379", ("10.0.0.5", 6379)),
        ("head.example:1", ("head.example", 1)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_host_and_port(address: str, parts: tuple[str, int]) -> None:
    assert host_and_port(address) == parts


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "auto",
            "local",
            "10.0.0.5",
            "10.0.0.5:0",
            "10.0.0.5:65536",
            "ray://head:10001",
            "-x:80",
            ":80",
        ),
        *("head:80;id", "head:80\n", "$(id):80", "`id`:80", "a b:80", "[::1:80", "x" * 300 + ":80"),
    ],
)
@pytest.mark.parametrize(("main", "words"), [(timing, SUITE), (training, SWEEP)], ids=["timing", "training"])
def test_anything_else_is_refused_in_one_sentence(
    main: object, words: list[str], address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(main)
    assert main([*words[:-1], f"--ray={address}"]) == 2
    said = capsys.readouterr().err
    assert "HOST:PORT" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(("main", "words"), [(timing, SUITE), (training, SWEEP)], ids=["timing", "training"])
def test_without_ray_a_sentence_says_what_to_install(
    main: object, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(main)
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    assert main([*words, "127.0.0.1:1"]) == 2
    assert capsys.readouterr().err == f"{INSTALL}\n"
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)  # set before Ray is imported


def test_a_cluster_that_anybody_may_use_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    assert training([*SWEEP, "127.0.0.1:1"]) == 2
    assert "only 'token' is possible" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["mlp", "--ray", "h:1"], "give one of these as well"),
        (["mlp", "--seeds", "3000", "--ray", "h:1"], "from 1 to 2048"),
        (["mlp", "--seeds", "2", "--device", "cuda:1", "--ray", "h:1"], "cpu, or one of its GPUs: cuda"),
        (["mlp", "--seeds", "300"], "from 1 to 256"),
    ],
)
def test_what_a_sweep_on_a_cluster_may_be(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert training(words) == 2
    assert sentence in capsys.readouterr().err


def test_data_of_your_own_stays_here(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text("x,y,class\n" + "".join(f"{i},{i % 3},{'ab'[i % 2]}\n" for i in range(60)))
    words = ["mlp", "--data", str(table), "--seeds", "2", "--ray", "h:1"]
    assert training(words) == 2
    assert "is on this machine alone" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "gemmm", "--ray", "h:1"], "Unknown workload 'gemmm'"),
        (["run", "gemm", "--dtypes", "float33", "--ray", "h:1"], "float33"),
        (["suite", "quick", "--max-seconds", "0", "--ray", "h:1"], "max-seconds 0.0 is not possible"),
        (["suite", "quick", "--within", "0", "--ray", "h:1"], "within 0 seconds"),
        (["run", "gemm", "--within", "-1", "--ray", "h:1"], "within -1.0 is not possible"),
    ],
)
def test_what_nodes_cannot_measure_is_said_before_any_is_asked(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert timing(words) == 2
    assert sentence in capsys.readouterr().err


def test_the_version_that_is_named_is_the_one_that_is_listed() -> None:
    assert f"ray=={RAY_VERSION}\n" in (ROOT / "requirements-ray.txt").read_text()
