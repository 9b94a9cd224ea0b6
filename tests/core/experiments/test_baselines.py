"""Classical methods learn from the network's own training data, and are judged by the network's metric."""

from __future__ import annotations

import json

import pytest
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier

from core.data import load
from core.errors import InvalidRequest
from core.events import Progress
from core.experiments.baselines import METHODS, ClassicalCompleted, compare
from core.jobs import JOBS
from core.records import to_record
from core.training.__main__ import main
from core.training.config import default_config


def completed(data: str, **settings: object) -> dict[str, ClassicalCompleted]:
    events = compare(default_config("mlp", data, **settings))
    return {event.method: event for event in events if isinstance(event, ClassicalCompleted)}


def test_every_method_tells_iris_apart_on_the_same_split() -> None:
    found = completed("iris", seed=2, test_fraction=0.4)
    assert [*found] == [*METHODS]
    assert found.pop("majority or mean").value == pytest.approx(1 / 3)
    assert all(event.value > 0.85 and event.metric == "accuracy" for event in found.values())
    data = load("iris", seed=2, test_fraction=0.4)
    theirs = KNeighborsClassifier().fit(data.train_inputs, data.train_targets)
    assert found["k-NN"].value == pytest.approx(theirs.score(data.test_inputs, data.test_targets))


def test_where_classes_are_uneven_always_one_class_has_a_balanced_accuracy_of_one_half() -> None:
    def first(data: str) -> ClassicalCompleted:
        events = compare(default_config("mlp", data))
        return next(event for event in events if isinstance(event, ClassicalCompleted))

    assert first("breast_cancer").balanced_accuracy == 0.5
    assert first("iris").balanced_accuracy is None


def test_metric_of_a_regression_is_skill_over_the_mean() -> None:
    found = completed("diabetes")
    data = load("diabetes", test_fraction=default_config("mlp", "diabetes").test_fraction)
    theirs = LinearRegression().fit(data.train_inputs, data.train_targets)
    explained = theirs.score(data.test_inputs, data.test_targets)
    assert found["linear"].metric == "skill"
    assert found["linear"].value == pytest.approx(1 - (1 - explained) ** 0.5, abs=1e-4)


def test_data_without_rows_of_numbers_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="python_help is none"):
        list(compare(default_config("lstm", "python_help")))


def test_command_line_prints_a_line_a_method(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classical", "--data", "iris", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["method"] for line in lines] == [*METHODS]


def test_job_of_this_name_compares() -> None:
    first = next(iter(JOBS["classical"].start(to_record(default_config("mlp", "iris")))))
    assert isinstance(first, Progress)
