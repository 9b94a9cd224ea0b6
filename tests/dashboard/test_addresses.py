"""Addresses of version 0.1 open the same page with the same selections, and are written with keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.activations import ACTIVATIONS
from core.activations.formats import FORMATS
from core.activations.gated import GATED, OF_VECTOR
from core.data import DATASETS
from core.data.features import FORMER
from core.models import MODELS
from core.models.initialisation import INITIALISATIONS
from core.training import OPTIMIZERS, SCHEDULES
from core.training.snapshots import SNAPSHOTS
from dashboard.addresses import MOVED, RENAMED, upgraded
from dashboard.pages import PAGES

APP = Path(__file__).parents[2] / "dashboard" / "main.py"
FIXTURES = Path(__file__).parents[1] / "version_0_1"

ADDRESSES = json.loads((FIXTURES / "addresses.json").read_text())
# Name -> key of every entry of the registries of version 0.1.
NAMES: dict[str, dict[str, str]] = json.loads((FIXTURES / "names.json").read_text())
REGISTRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "activations": ("functions", ACTIVATIONS),
    "gated": ("function", GATED | OF_VECTOR),
    "models": ("model", MODELS),
    "data": ("data", DATASETS),
    "optimizer": ("optimizer", OPTIMIZERS),
    "schedule": ("schedule", SCHEDULES),
    "initialisation": ("initialisation", INITIALISATIONS),
    "probes": ("probes", SNAPSHOTS),
    "formats": ("formats", FORMATS),
}
# What else version 0.1 showed, and the key of it now.
SHOWN = {
    "nothing": "none",
    "Relative error": "relative",
    "Error in ulps": "ulps",
    "The curve itself": "curve",
    "Output z": "z",
    "Slope |∇z|": "slope",
    "±10": "10",
    "±100": "100",
    "±1,000": "1000",
    "zero-centred": "zero_centred",
    "never saturates": "never_saturates",
    "slope is 0": "dead",
    "slope is under 0.01": "flat",
    "Matrix products": "workload",
    "Roofline": "roofline",
}


@pytest.mark.parametrize("registry", REGISTRIES)
def test_every_name_of_the_first_version_leads_to_a_key(registry: str) -> None:
    parameter, entries = REGISTRIES[registry]
    for name, key in NAMES[registry].items():
        _, query = upgraded("train", {parameter: [name]})
        assert query[RENAMED.get(parameter, parameter)] == [key], name
        assert key in entries


def test_keys_and_what_nobody_knows_stay_as_they_are() -> None:
    query = {"functions": ["relu", "swoosh"], "size": ["8x8"], "reach": ["2.5"], "run": ["a-b_C"]}
    assert upgraded("cost", query) == ("cost", query)


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address["address"][:60])
def test_an_upgraded_address_is_not_upgraded_again(address: dict[str, Any]) -> None:
    once = upgraded(address["page"].strip("/") or "home", lists(address["query"]))
    assert upgraded(*once) == once
    assert once[0] in PAGES


@pytest.mark.parametrize("page", sorted({address["page"] for address in ADDRESSES}))
def test_addresses_of_the_first_version_select_the_same(page: str, own_runner: None) -> None:
    for address in ADDRESSES:
        if address["page"] == page and address["query"] and "run" not in address["query"]:
            opened = open_address(page.strip("/"), address["query"])
            assert not opened.exception, address["address"]
            key = MOVED.get(page.strip("/"), page.strip("/") or "home")
            assert [title.value for title in opened.title] == [PAGES[key].title]
            for name, value in address["selects"].items():
                assert selected(opened, RENAMED.get(name, name)) == now(name, value), address["address"]
            assert_holds_keys(opened, address["selects"])
            impossible = {"nonsense", "5", "0"}  # as x, from where to where, and as epochs
            said = [one.value for one in opened.warning if "The address asks for" in one.value]
            assert {sentence.split("=")[1].split(",")[0].lower() for sentence in said} <= impossible


def test_what_the_address_asks_for_and_nobody_knows_is_said_until_something_is_chosen() -> None:
    opened = open_address("train", {"data": "mnist9", "schedule": "sin*e", "seed": "3"})
    data, schedule = (one.value for one in opened.warning)
    assert data.startswith(
        "The address asks for data=mnist9, which cannot be selected here; choose from moons, "
    )
    assert schedule.startswith(r"The address asks for schedule=sin\*e, which")  # Markdown shows it as it is
    opened.number_input(key="seed").set_value(4).run()
    assert len(opened.warning) == 2
    opened.selectbox(key="data").set_value("circles").run()
    assert [one.value for one in opened.warning] == [schedule]


def test_of_several_choices_those_that_are_known_are_selected_and_the_others_named() -> None:
    opened = open_address("curves", {"functions": ["relu", "swoosh", "gleu"], "shade": "none"})
    (warning,) = opened.warning
    assert "functions=swoosh, gleu, which" in warning.value
    assert opened.session_state["functions"] == ["relu"]
    opened = open_address("train", {"features": ["product", "z"]})
    assert opened.warning[0].value.startswith(
        "The address asks for features=z, which cannot be selected here"
    )
    assert opened.session_state["features"] == ["product"]


def open_address(path: str, query: dict[str, Any]) -> AppTest:
    """The page that a browser would show; a path that moved has no file to name it by."""
    opened = AppTest.from_file(str(APP), default_timeout=120)
    opened._page_hash = calc_hash(path)
    opened.query_params.update(query)
    opened.run()
    opened._page_hash = ""
    return opened


def selected(opened: AppTest, name: str) -> Any:
    """What the control of this key holds."""
    value = opened.session_state[name]
    return list(value) if isinstance(value, tuple) else value


def now(name: str, value: Any) -> Any:
    """The value that a control has now where version 0.1 had this one."""
    if isinstance(value, list):
        if name == "hidden":
            return ["-".join(map(str, layers)) or "none" for layers in value]
        return [now(name, one) for one in value]
    if not isinstance(value, str):
        return value
    if name == "features":
        return FORMER[value].split(",")
    found = [NAMES[registry].get(value) for registry in NAMES if name in parameters(registry)]
    return next(filter(None, found), SHOWN.get(value, value))


def parameters(registry: str) -> tuple[str, ...]:
    """Which parameters choose from a registry."""
    if registry == "activations":
        return ("functions", "function", "pair", "shade", "activation")
    return (REGISTRIES[registry][0],)


def assert_holds_keys(opened: AppTest, selects: dict[str, Any]) -> None:
    """No selection stands in the address by a name that version 0.1 showed."""
    names = {name for entries in NAMES.values() for name, key in entries.items() if name != key}
    for name, values in lists(opened.query_params).items():
        if name in selects and name not in ("own", "target_column"):
            assert not {*values} & (names | {*SHOWN}), name


def lists(query: dict[str, Any]) -> dict[str, list[str]]:
    return {name: value if isinstance(value, list) else [value] for name, value in query.items()}
