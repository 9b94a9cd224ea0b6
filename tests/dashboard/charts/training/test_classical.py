"""The chart of classical methods has the network among them, best on top."""

from __future__ import annotations

from dashboard.charts.training.classical import NETWORK, classical_chart


def test_methods_stand_in_the_order_of_their_metric_with_the_network_among_them() -> None:
    methods = [
        {"method": "linear", "metric": "accuracy", "value": 0.8, "fit_s": 0.1},
        {"method": "SVM", "metric": "accuracy", "value": 0.95, "fit_s": 0.2},
    ]
    chart = classical_chart({"value": 0.9, "elapsed_s": 1.5}, methods).to_dict()
    order = chart["layer"][0]["encoding"]["y"]["sort"]
    assert order == ["SVM", NETWORK, "linear"]
    assert chart["layer"][0]["encoding"]["x"]["title"] == "Accuracy, test"
