"""Where work runs and what becomes of it when a node dies, on nodes inside this process.

The same on a real Ray is in test_two_nodes.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from core.cluster import shared_out as sharing
from core.cluster.connection import Cluster
from core.cluster.each_node import on_each_node
from core.cluster.events import NodeEvent, NodeFinished, NodeLost, NodeWaiting
from core.cluster.shared_out import PartDone, PartEvent, parts_of, shared_out
from core.errors import InvalidRequest
from core.events import NodeProgress, Progress
from core.timing.results.events import DeviceAbsent, SweepFinished
from tests.core.cluster.stand_in import StandIn, nodes


def three(config: Any) -> Iterator[Any]:
    yield DeviceAbsent("cuda:0", f"{config} 1")
    yield Progress(1, 3, "points")
    yield SweepFinished(3, 1.0)


def refusing(config: Any) -> Iterator[Any]:
    raise InvalidRequest("there is no such device here")
    yield config


def breaking(config: Any) -> Iterator[Any]:
    yield DeviceAbsent("cuda:0", "first")
    raise RuntimeError("torn\nin two lines")


def cluster(stand_in: StandIn) -> Cluster:
    return cast(Cluster, stand_in)


def share(stand_in: StandIn, *cpus: int, parts: tuple[Any, ...] = ("a", "b", "c", "d")) -> Iterator[Any]:
    return shared_out(cluster(stand_in), nodes(*cpus), three, parts, [1] * len(parts), "training")


def test_every_node_does_the_same_and_says_which_it_is() -> None:
    stand_in, (one, two) = StandIn(), nodes(1, 1)
    events = list(on_each_node(cluster(stand_in), {one: 0, two: 1}, three, "x"))
    assert stand_in.started == [("node-1", "x"), ("node-2", "x")]
    for name in ("node-1", "node-2"):
        records = [event.record for event in events if isinstance(event, NodeEvent) and event.node == name]
        assert [record["event"] for record in records] == ["device_absent", "sweep_finished"]
        assert NodeProgress(1, 3, "points", node=name) in events
        assert sum(isinstance(event, NodeFinished) and event.node == name for event in events) == 1


def test_nodes_of_one_machine_take_turns() -> None:
    one, two, other = nodes(1, 1, 1)
    events = on_each_node(cluster(StandIn()), {one: 0, two: 0, other: 1}, three, "x")
    order = [event.node for event in events if isinstance(event, NodeEvent | NodeFinished)]
    assert order.index("node-2") > max(i for i, name in enumerate(order) if name == "node-1")
    assert order.index("node-3") < order.index("node-2")


def test_a_node_that_dies_in_the_middle_is_named_and_the_others_finish() -> None:
    stand_in, (one, two) = StandIn(), nodes(1, 1)
    events = []
    for event in on_each_node(cluster(stand_in), {one: 0, two: 1}, three, "x"):
        events.append(event)
        if isinstance(event, NodeEvent) and event.node == "node-2":
            stand_in.dead.add(two)
    lost = [event for event in events if isinstance(event, NodeLost)]
    assert lost == [NodeLost("node-2", "the node died", "what it had measured until then is kept")]
    assert [event.node for event in events if isinstance(event, NodeFinished)] == ["node-1"]


@pytest.mark.parametrize(
    ("work", "reason"),
    [(refusing, "there is no such device here"), (breaking, "RuntimeError: torn")],
)
def test_a_node_that_cannot_do_it_says_why(work: Any, reason: str) -> None:
    (one,) = nodes(1)
    (lost,) = [
        event
        for event in on_each_node(cluster(StandIn()), {one: 0}, work, "x")
        if isinstance(event, NodeLost)
    ]
    assert lost.reason == reason


def test_a_node_that_others_use_is_waited_for_and_then_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.cluster.each_node.NOTABLE_WAIT_S", 0.0)
    stand_in, (one, two) = StandIn(), nodes(4, 1)
    stand_in.busy.add(one)
    events = list(on_each_node(cluster(stand_in), {one: 0, two: 1}, three, "x", start_s=0.05))
    said = [event for event in events if isinstance(event, NodeWaiting | NodeLost)]
    assert [type(event) for event in said] == [NodeWaiting, NodeLost]
    assert said[1].reason == "other work had its 4 processors for 0 s"
    assert [task.node for task in stand_in.cancelled if task.node is one] == [one]


def test_parts_are_shared_out_and_a_node_with_more_processors_has_more() -> None:
    stand_in = StandIn()
    done = [event for event in share(stand_in, 1, 3) if isinstance(event, PartDone)]
    assert sorted(event.part for event in done) == [0, 1, 2, 3]
    assert sorted(name for name, _ in stand_in.started) == ["node-1", "node-2", "node-2", "node-2"]


def test_the_parts_of_a_node_that_dies_are_done_elsewhere() -> None:
    stand_in = StandIn()
    dying = nodes(2, 2)[1]
    events = []
    for event in share(stand_in, 2, 2):
        events.append(event)
        if isinstance(event, PartEvent):
            stand_in.dead.add(dying)
    assert sorted(event.part for event in events if isinstance(event, PartDone)) == [0, 1, 2, 3]
    assert {event.node for event in events if isinstance(event, PartDone)} == {"node-1"}
    (lost,) = [event for event in events if isinstance(event, NodeLost)]
    assert lost == NodeLost("node-2", "the node died", "2 trainings were given to other nodes")


def test_when_no_node_is_left_it_ends_with_the_reasons() -> None:
    stand_in = StandIn()
    stand_in.dead.update(nodes(1, 1))
    with pytest.raises(
        InvalidRequest, match=r"No node .* is left\. node-1: the node died; node-2: the node died"
    ):
        list(share(stand_in, 1, 1))


def test_a_process_that_dies_alone_is_tried_again_but_not_for_ever() -> None:
    stand_in = StandIn()
    stand_in.crashes["b"] = sharing.MAX_TRIES - 1
    done = [event.part for event in share(stand_in, 1, 1) if isinstance(event, PartDone)]
    assert sorted(done) == [0, 1, 2, 3]
    stand_in.crashes["b"] = sharing.MAX_TRIES
    with pytest.raises(InvalidRequest, match=f"failed {sharing.MAX_TRIES} times.*its process died"):
        list(share(stand_in, 1, 1))


def test_a_part_that_waits_for_others_moves_to_a_node_that_has_nothing_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "MOVE_S", 0.0)
    stand_in = StandIn()
    stand_in.busy.add(nodes(1, 1)[0])
    done = [event for event in share(stand_in, 1, 1) if isinstance(event, PartDone)]
    assert sorted(event.part for event in done) == [0, 1, 2, 3]
    assert {event.node for event in done} == {"node-2"}


def test_work_for_gpus_goes_to_nodes_that_have_one_or_is_refused() -> None:
    stand_in, without, (having,) = StandIn(), nodes(4), nodes(4, gpus=2)
    having = replace(having, name="node-2", id="id2")
    events = list(shared_out(cluster(stand_in), [*without, having], three, "abc", [1] * 3, "training", True))
    assert events[0] == NodeLost("node-1", "it has no GPU that Ray may use", "it took no part")
    assert {event.node for event in events if isinstance(event, PartDone)} == {"node-2"}
    with pytest.raises(InvalidRequest, match="has a GPU"):
        list(shared_out(cluster(stand_in), without, three, "abc", [1] * 3, "training", True))


@pytest.mark.parametrize(("items", "at_a_time", "sizes"), [(6, 2, {1}), (100, 2, {13, 9}), (10_000, 8, {16})])
def test_each_item_is_in_one_part_and_no_part_is_large(items: int, at_a_time: int, sizes: set[int]) -> None:
    parts = parts_of(items, at_a_time, 16)
    assert [item for part in parts for item in part] == list(range(items))
    assert set(map(len, parts)) == sizes
