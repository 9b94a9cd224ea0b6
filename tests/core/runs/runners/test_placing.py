"""Which run goes to which node: the queue's order, each machine's limit, and what a node has."""

from __future__ import annotations

from dataclasses import replace

from core.cluster.connection import Node
from core.records import to_record
from core.runs.runners.limits import IDLE_WORKER_BYTES
from core.runs.runners.placing import Member, Needs, Placed, Placement, needs_of, next_placement, why_never
from core.runs.scheduling import OpenRun
from core.timing.sweeps.config import SweepConfig
from core.training.config import default_config

GIB = 2**30
BIG = Member(Node("1", "big", "big", 16, 2, 64 * GIB), "big")
SMALL = Member(Node("2", "small", "small", 2, 0, 4 * GIB), "small")
PLAIN = Needs(0, GIB)


def run(name: str, **changes: object) -> OpenRun:
    queued_at = float(ord(name[0]))
    return replace(OpenRun(name, name, queued_at, queued_at), **changes)


def all_placed(
    runs: list[OpenRun],
    members: list[Member],
    needs: dict[str, Needs] | None = None,
    immediate: tuple[str, ...] = (),
    placed: dict[str, Placed] | None = None,
    max_runs: int | None = None,
    warming: tuple[str, ...] = (),
) -> list[Placement]:
    """What is started now, one after the other."""
    known = {one.id: PLAIN for one in runs} | dict.fromkeys(immediate, PLAIN) | (needs or {})
    given, found = dict(placed or {}), []
    while one := next_placement(runs, immediate, known, members, given, max_runs, 200.0, warming):
        found.append(one)
        given[one.run_id] = Placed(one.member, one.cpus, False, one.run_id in immediate)
    return found


def test_runs_go_in_their_order_to_the_emptiest_node_up_to_each_limit() -> None:
    found = all_placed([run(name) for name in "abcdefghijkl"], [SMALL, BIG])
    assert [one.run_id for one in found] == list("abcdefghi"), "8 on 16 processors, 1 on 2"
    assert [one.member.node.name for one in found][:2] == ["big", "small"]
    assert {one.member.node.name: (one.cpus, one.threads) for one in found} == {
        "big": (2, 2),
        "small": (2, 2),
    }
    assert len(all_placed([run(name) for name in "abcdef"], [SMALL, BIG], max_runs=2)) == 4


def test_a_run_goes_to_a_node_that_has_what_it_needs_and_keeps_no_other_from_starting() -> None:
    runs, needs = [run("a"), run("b"), run("c")], {"a": Needs(1, GIB), "b": Needs(0, 8 * GIB)}
    found = {one.run_id: one for one in all_placed(runs, [SMALL, BIG], needs, max_runs=1)}
    assert {name: one.member.node.name for name, one in found.items()} == {"a": "big", "c": "small"}
    assert (found["a"].gpus, found["c"].gpus) == (1, 0)
    assert why_never(needs["a"], [SMALL]) == "small has 0 GPUs that Ray may use, and it needs 1"
    assert why_never(needs["b"], [SMALL]) == "small has 4,096 MiB of memory, and it needs about 8,192 MiB"
    assert why_never(needs["a"], [SMALL, BIG]) is None
    assert why_never(needs["a"], []) is None, "while no node is known, it waits"


def test_a_benchmark_has_a_machine_alone_with_all_that_its_node_has() -> None:
    benchmark, alone = run("b", exclusive=True), {"b": Needs(0, GIB, alone=True)}
    (_, found, _) = all_placed([run("a"), benchmark, run("c")], [SMALL, BIG], alone)
    assert (found.run_id, found.member, found.cpus) == ("b", SMALL, 2)
    (first,) = all_placed([benchmark], [BIG], alone)
    assert (first.cpus, first.gpus, first.threads) == (16, 2, 16)
    assert all_placed([benchmark], [BIG], alone, warming=("big",)) == []
    twin = Member(Node("3", "twin", "big", 16, 0, GIB), "big")
    assert [one.run_id for one in all_placed([benchmark, run("c")], [BIG, twin], alone)] == ["b"]


def test_what_a_held_run_keeps_of_its_node_is_not_asked_for_once_more() -> None:
    held = run("a", worker="small/1/2.00", turn_at=199.0)
    placed = {"a": Placed(SMALL, 2, begun=True)}
    (found,) = all_placed([held, run("b", expected_short=True)], [SMALL], placed=placed)
    assert (found.run_id, found.cpus) == ("b", 0), (
        "Ray would else let it wait for as long as the other is held"
    )
    alone = {"b": Needs(0, GIB, alone=True)}
    (found,) = all_placed([run("b", exclusive=True)], [BIG], alone, placed={"a": Placed(BIG, 2, begun=True)})
    assert found.cpus == 14


def test_a_run_that_is_about_to_begin_has_its_place_already() -> None:
    placed = {"a": Placed(SMALL, 2, begun=False)}
    assert all_placed([run("a"), run("b")], [SMALL], placed=placed) == []


def test_immediate_runs_pass_the_queue_and_ask_for_no_processor() -> None:
    at_work = run("a", running=True, worker="small/1/2.00", claimed_at=100.0)
    found = all_placed([at_work], [SMALL], immediate=("x", "y"), placed={"a": Placed(SMALL, 2, begun=True)})
    assert [(one.run_id, one.cpus) for one in found] == [("x", 0)], "one at a time, as one run at a time"


def test_what_a_job_needs_is_what_it_estimates() -> None:
    training = default_config("mlp", "moons")
    assert needs_of("training", to_record(training)).gpus == 0
    assert needs_of("training", to_record(training) | {"device": "cuda:1"}).gpus == 2
    sizes = SweepConfig("gemm", sizes=(4096,), dtypes=("float64",), devices=("cpu",))
    needs = needs_of("timing", to_record(sizes))
    assert needs.alone
    assert needs.memory_bytes >= IDLE_WORKER_BYTES + 3 * 8 * 4096**2
