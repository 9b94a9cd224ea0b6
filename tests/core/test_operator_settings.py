"""The operator's settings: one table, which the code, its values and the documentation agree with."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from core.commands.main import main
from core.errors import InvalidRequest
from core.operator_settings import SETTINGS, OperatorSettings, operator_settings, variable

ROOT = Path(__file__).resolve().parents[2]


def test_each_entry_has_a_value_and_its_default_is_possible() -> None:
    assert {*SETTINGS} == {field.name for field in fields(OperatorSettings)}
    for name, entry in SETTINGS.items():
        entry.check(name, getattr(OperatorSettings(), name))


def test_what_is_not_set_has_its_default_and_what_is_set_its_type() -> None:
    assert operator_settings({"PATH": "/bin", "NABLASCOPE_MAX_RUNS": ""}) == OperatorSettings()
    given = {
        "NABLASCOPE_HOME": "none",  # a folder may be called so
        "NABLASCOPE_MAX_RUNS": "3",
        "NABLASCOPE_NO_MACHINE_CODE": "1",
        "NABLASCOPE_LOG_FORMAT": "json",
        "NABLASCOPE_EMBED_ON": "https://a.org, https://b.org",
    }
    assert operator_settings(given) == OperatorSettings(
        home="none",
        max_runs=3,
        no_machine_code=True,
        log_format="json",
        embed_on=("https://a.org", "https://b.org"),
    )


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("NABLASCOPE_MAX_RUN", "3", "NABLASCOPE_MAX_RUN is no .*; did you mean NABLASCOPE_MAX_RUNS"),
        ("nablascope_home", "/srv", "nablascope_home is no .*; did you mean NABLASCOPE_HOME"),
        ("NABLASCOPE_ZZZ", "", "NABLASCOPE_ZZZ is no .*; choose from NABLASCOPE_HOME, "),
        ("NABLASCOPE_MAX_RUNS", "none", "NABLASCOPE_MAX_RUNS 'none' .* a whole number"),
        ("NABLASCOPE_MAX_RUNS", "0", "NABLASCOPE_MAX_RUNS 0 .* at least 1"),
        ("NABLASCOPE_KEEP_MIB", "1", "NABLASCOPE_KEEP_MIB 1 .* at least 128"),
        ("NABLASCOPE_NO_MACHINE_CODE", "perhaps", "true or false"),
        ("NABLASCOPE_LOG_FORMAT", "xml", "Unknown NABLASCOPE_LOG_FORMAT 'xml'; choose from text, json"),
    ],
)
def test_what_cannot_be_is_refused_and_says_what_can(key: str, text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        operator_settings({key: text})


def test_a_command_refuses_a_misspelt_variable_but_helps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NABLASCOPE_MAXRUNS", "3")
    assert main(["activations", "list"]) == 2
    refused = capsys.readouterr()
    assert refused.out == ""
    assert "did you mean NABLASCOPE_MAX_RUNS?" in refused.err
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0


def test_every_variable_that_the_project_names_has_an_entry_and_only_the_table_reads_them() -> None:
    known = {variable(name) for name in SETTINGS}
    files = [path for folder in ("core", "dashboard", "docs") for path in (ROOT / folder).rglob("*.py")]
    texts = {path: path.read_text() for path in [*files, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]}
    named = {name for text in texts.values() for name in re.findall(r"NABLASCOPE_[A-Z_]*[A-Z]", text)}
    assert named <= known
    reads = [path.name for path, text in texts.items() if re.search(r"environ\S*NABLASCOPE_", text)]
    assert reads == []
