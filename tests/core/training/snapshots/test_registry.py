"""Each probe fits where the network and the data have what it shows, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from torch import nn

from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.models.registry import default_data
from core.training import snapshots
from core.training.config import default_config
from core.training.learners.registry import learner_for
from core.training.settings import from_texts
from core.training.snapshots.registry import CONVOLUTIONAL, PROBES, RECURRENT, chosen, default, fitting

SUPERVISED = [name for name, model in MODELS.items() if model.learner == "supervised"]
# What holds nothing to look through: the entries themselves and what serves several of them.
NOT_PROBES = {"__init__", "registry", "looking", "history", "layers"}


def every_pair() -> Iterator[tuple[str, str]]:
    """Each network with each data set that fits it."""
    for model, entry in MODELS.items():
        for data, dataset in DATASETS.items():
            if dataset.kind in entry.kinds:
                yield model, data


def test_every_module_of_the_package_is_used_by_an_entry() -> None:
    modules = {path.stem for path in Path(snapshots.__file__).parent.glob("*.py")} - NOT_PROBES
    source = (Path(snapshots.__file__).parent / "registry.py").read_text()
    assert {name for name in modules if f"{name} = LazyModule" in source} == modules


@pytest.mark.parametrize("model", SUPERVISED)
def test_families_are_told_by_what_the_networks_are_made_of(model: str) -> None:
    data = default_data(model)
    options = {"depth": "8", "width": 2} if model == "resnet" else {}
    parts = [*learner_for(default_config(model, data, model_options=options)).network.modules()]
    assert any(isinstance(part, nn.RNNBase) for part in parts) == (model in RECURRENT)
    assert any(isinstance(part, nn.Conv2d) for part in parts) == (model in CONVOLUTIONAL)


def test_every_network_has_something_to_show_unasked() -> None:
    assert [pair for pair in every_pair() if not default(*pair)] == []


def test_every_probe_fits_somewhere_and_says_in_a_sentence_what_it_shows() -> None:
    fitting_somewhere = {name for pair in every_pair() for name in fitting(*pair)}
    assert fitting_somewhere == {*PROBES}
    assert [name for name, probe in PROBES.items() if not probe.shows.endswith(".")] == []


def test_probes_are_the_usual_ones_unless_they_are_named() -> None:
    assert "layer_norms" in chosen(default_config("mlp"))
    assert "weight_histograms" not in chosen(default_config("mlp"))
    assert chosen(default_config("mlp", probes=("weight_histograms",))) == ("weight_histograms",)
    assert chosen(default_config("mlp", probes=())) == ()


def test_a_probe_that_does_not_fit_is_refused_with_those_that_do() -> None:
    with pytest.raises(InvalidRequest, match="Unknown probe 'filters' of mlp on moons; choose from decision"):
        default_config("mlp", "moons", probes=("filters",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("confusion, embedding", ("confusion", "embedding")), ("none", ()), ("", ()), ("usual", None)],
)
def test_command_line_names_probes(text: str, expected: tuple[str, ...] | None) -> None:
    assert from_texts("mlp", "moons", [f"probes={text}"]) == {"probes": expected}
