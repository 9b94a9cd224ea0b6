"""The slow node is found, none is accused without cause, and what is not certain is called UNSURE."""

from __future__ import annotations

import pytest

from core.timing.nodes.events import NodeJudged, NodePointCompared
from core.timing.nodes.verdicts import Results, compare_nodes
from core.timing.results.verdicts import FASTER, SAME, SLOWER, UNSURE
from tests.core.timing.nodes.recorded import SIZES, WORKLOADS, result

POINTS = len(WORKLOADS) * len(SIZES)


def judged(results: Results) -> dict[str, NodeJudged]:
    return {one.node: one for one in compare_nodes(results) if isinstance(one, NodeJudged)}


def test_of_two_nodes_the_slow_one_is_found_with_its_ratio() -> None:
    found = judged({"a": result(1), "b": result(2, slower=1.3)})
    assert (found["a"].verdict, found["b"].verdict) == (FASTER, SLOWER)
    slow = found["b"]
    assert slow.low is not None
    assert slow.high is not None
    assert slow.low < 1.3 < slow.high
    assert slow.ratio == pytest.approx(1 / found["a"].ratio)
    assert (slow.points, slow.slower, slow.against, slow.reason) == (POINTS, POINTS, "a", "")
    assert slow.floor == pytest.approx(0.02)


def test_of_five_nodes_one_is_slow_and_the_others_are_not() -> None:
    found = judged({name: result(seed, 1.25 if name == "c" else 1.0) for seed, name in enumerate("abcde")})
    assert {name: one.verdict for name, one in found.items() if name != "c"} == dict.fromkeys("abde", SAME)
    assert found["c"].verdict == SLOWER
    assert found["c"].against == "the median of 5 nodes"


def test_of_three_nodes_the_fast_one_does_not_make_the_others_slow() -> None:
    found = judged({name: result(seed, 0.7 if name == "c" else 1.0) for seed, name in enumerate("abc")})
    assert [found[name].verdict for name in "abc"] == [SAME, SAME, FASTER]


def test_equal_nodes_are_never_called_slow() -> None:
    """Twenty clusters of three equal nodes; a verdict may be wrong in one of a hundred."""
    verdicts = [
        one.verdict
        for seed in range(0, 60, 3)
        for one in judged({name: result(seed + at) for at, name in enumerate("abc")}).values()
    ]
    assert {SLOWER, FASTER} & set(verdicts) == set()
    assert verdicts.count(SAME) > 50


def test_a_difference_below_the_machines_noise_is_not_claimed() -> None:
    found = judged({"a": result(1, noise=0.5), "b": result(2, slower=1.3, noise=0.5)})
    assert {one.verdict for one in found.values()} == {UNSURE}
    assert "50.0%" in found["b"].reason


def test_other_programs_can_explain_a_slow_node() -> None:
    busy = result(2, slower=1.3, threads=1, others=80.0)
    found = judged({"a": result(1, threads=1), "b": busy})
    assert found["b"].verdict == UNSURE
    assert "other programs" in found["b"].reason


def test_a_node_that_is_slow_in_one_thing_is_not_slow_but_the_point_is_named() -> None:
    results = {"a": result(1), "b": result(2, slower=2.0, only="copy")}
    assert {one.verdict for one in judged(results).values()} == {SAME}
    assert judged(results)["b"].worst.startswith("copy")
    slow = [
        one for one in compare_nodes(results) if isinstance(one, NodePointCompared) and one.verdict == SLOWER
    ]
    assert [(one.node, one.reference, one.workload) for one in slow] == [("b", "a", "copy")] * len(SIZES)


def test_few_points_have_to_agree() -> None:
    few = WORKLOADS[:2]
    found = judged({"a": result(1, workloads=few), "b": result(2, 1.4, workloads=few)})
    assert (found["b"].verdict, found["b"].low, found["a"].verdict) == (SLOWER, None, FASTER)
    found = judged({"a": result(1, workloads=few), "b": result(2, 1.4, workloads=few, only="copy")})
    assert found["b"].verdict == UNSURE
    assert "too few" in found["b"].reason


def test_all_cores_are_compared_with_all_cores_and_what_one_node_alone_has_is_left_out() -> None:
    results = {"small": result(1, 2.0, threads=2, cores=2), "large": result(2, threads=8, cores=8)}
    assert judged(results)["small"].verdict == SLOWER
    results["large"] = result(2, threads=4, cores=8)
    assert list(compare_nodes(results)) == []
