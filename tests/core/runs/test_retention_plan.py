"""What stays fits the budget, nothing needed goes, and the newest runs are the last to lose anything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.runs.retention_plan import Footprint, Plan, plan

RUNS = st.lists(
    st.builds(
        lambda weights, curves, needed, pruned: (0 if pruned else weights, curves, needed, pruned),
        st.integers(0, 100),
        st.integers(1, 20),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
).map(lambda found: [Footprint(f"run {number}", *run) for number, run in enumerate(found)])


def test_newest_runs_stay_whole_older_ones_keep_curves_and_the_oldest_go() -> None:
    runs = [Footprint(name, weights_bytes=90, curves_bytes=10) for name in "edcba"]
    assert plan(runs, whole_bytes=200, curves_bytes=20) == Plan(prune=("c", "b"), remove=("a",))
    assert plan(runs, whole_bytes=500, curves_bytes=0) == Plan()
    assert plan(runs, whole_bytes=10, curves_bytes=0) == Plan(remove=("d", "c", "b", "a"))


def test_what_an_open_run_needs_stays_however_old_and_large() -> None:
    runs = [Footprint("new", 90, 10), Footprint("old", 90, 10), Footprint("parent", 900, 10, needed=True)]
    assert plan(runs, whole_bytes=1000, curves_bytes=100) == Plan(prune=("old",))


def test_what_ended_too_long_ago_goes_however_small_but_for_what_an_open_run_needs() -> None:
    ages = {"new": (0.0, False), "day": (86_400.0, False), "old": (90_000.0, False), "parent": (1e9, True)}
    runs = [Footprint(name, 1, 1, needed, age_s=age_s) for name, (age_s, needed) in ages.items()]
    assert plan(runs, 1000, 1000, max_age_s=86_400.0) == Plan(remove=("old",))
    assert plan(runs, 1000, 1000) == Plan()


@given(RUNS, st.integers(0, 500), st.integers(0, 100))
def test_any_plan_holds_the_budget_and_touches_the_oldest_first(
    runs: list[Footprint], whole_bytes: int, curves_bytes: int
) -> None:
    decided = plan(runs, whole_bytes, curves_bytes)
    gone, light = set(decided.remove), set(decided.prune)
    assert not gone & light
    assert not (gone | light) & {run.run_id for run in runs if run.needed}
    ended = [run for run in runs if not run.needed]
    whole = [run for run in ended if not run.pruned and run.run_id not in gone | light]
    needed_bytes = sum(run.whole_bytes for run in runs if run.needed)
    assert len(whole) <= 1 or needed_bytes + sum(run.whole_bytes for run in whole) <= whole_bytes
    kept_light = [run for run in ended if run not in whole and run.run_id not in gone]
    assert sum(run.curves_bytes for run in kept_light) <= curves_bytes
    for few, fewer in ((whole, [run for run in ended if not run.pruned]), (kept_light, None)):
        others = fewer if fewer is not None else [run for run in ended if run not in whole]
        assert few == others[: len(few)], "a newer run lost what an older one kept"


@given(RUNS, st.integers(0, 500), st.integers(0, 100))
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(
    runs: list[Footprint], whole_bytes: int, curves_bytes: int
) -> None:
    decided = plan(runs, whole_bytes, curves_bytes)
    after = [
        Footprint(run.run_id, 0, run.curves_bytes, run.needed, True) if run.run_id in decided.prune else run
        for run in runs
        if run.run_id not in decided.remove
    ]
    assert plan(after, whole_bytes, curves_bytes) == Plan()
