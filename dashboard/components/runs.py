"""Runs on a page: start one, give it an address, and follow it until it ends.

The browser asks about once a second whether there is something new, and has the part of the page drawn again
that shows the run; the controls around it stay still. It stops asking when the run has ended.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal, NoReturn

import streamlit as st

from core.errors import InvalidRequest, StoreUnavailable
from core.events import Picture
from core.jobs import JOBS
from core.records import to_record
from core.runs.hosting.notices import DRAINED, held
from core.runs.runners.local import GONE_S
from core.runs.status import FAILED, FINISHED, INTERRUPTED, LIMITED, PAUSED, QUEUED, RUNNING, STOPPED
from core.runs.store import Run
from dashboard.components import address, unavailable
from dashboard.components.markdown import escaped
from dashboard.components.runner import runner
from dashboard.components.visitor import is_shared, owner_of_new_run, visitor
from dashboard.live.pace import pace
from dashboard.live.part import ask_for_end, ask_for_news
from dashboard.live.records import Records, shared
from dashboard.live.turns import turns

OTHER_RUNS = ("run_id", "resume_from", "start_from")  # fields of a config that name a run to work on
COPIED = ("training",)
COPY = "copy"  # in an address: whoever has it may open a copy of the run
REFUSED = "why the last request was refused"
NOT_YOURS = (
    "This run is somebody else’s: whoever has its address can look at it, and its owner alone can change it."
)
FIRST_EVENT_WAIT_S = 0.6
STARTING_S = 4.0  # what waits longer waits for another run
AT_WORK_MEANWHILE = (
    "What this run records stays in memory until then; where that becomes too much, the run waits."
)
CHECKPOINT_PRUNED = (
    "Checkpoint pruned: the curves of this run are still here; its weights and pictures were deleted to make "
    "room for newer runs. It cannot be resumed, and its export has no weights."
)

# What a message calls the run of a job.
JOB_TITLES = {
    "training": "training",
    "ensemble": "comparison",
    "cost": "cost",
    "timing": "benchmark",
    "suite": "benchmark suite",
    "roofline": "roofline",
    "quick_check": "quick check",
    "frameworks": "frameworks",
    "self_comparison": "self-comparisons",
    "stress": "stress test",
    "dying_units": "dying units",
    "layer_times": "layers",
    "statements": "statements",
    "timed_statements": "statements on time",
}

# The view that shows the run of a job.
VIEW_OF_JOB = {
    "training": "train",
    "ensemble": "compare",
    "cost": "cost",
    "timing": "benchmark",
    "suite": "benchmark",
    "roofline": "benchmark",
    "quick_check": "quick_check",
    "frameworks": "frameworks",
    "self_comparison": "benchmark",
    "stress": "stress",
    "dying_units": "dying_units",
    "statements": "overview",
    "timed_statements": "overview",
}

STATUS_BADGES: dict[str, tuple[str, str, Literal["gray", "blue", "orange", "green", "red"]]] = {
    QUEUED: ("Waiting", ":material/hourglass_top:", "gray"),
    RUNNING: ("Running", ":material/play_arrow:", "blue"),
    PAUSED: ("Paused", ":material/pause:", "orange"),
    FINISHED: ("Finished", ":material/check:", "green"),
    STOPPED: ("Stopped", ":material/stop:", "gray"),
    LIMITED: ("At its limit", ":material/timer_off:", "orange"),
    FAILED: ("Failed", ":material/error:", "red"),
    INTERRUPTED: ("Interrupted", ":material/bolt:", "red"),
}


Draw = Callable[[Run, Records, dict[str, Picture]], None]


def store_is_back() -> bool:
    """Whether runs can be started and kept again."""
    try:
        return runner().fault() is None
    except StoreUnavailable:
        return False


def live(show: Callable[[], None]) -> None:
    """A part of the page that is drawn again when it asks for that; while the store is away, it says why."""
    unavailable.guarded(show, store_is_back)


def wait_for(run_id: str, say: Callable[[], object]) -> None:
    """Say that a run is at work; once it has ended, draw the whole page anew.

    Never at once: a page that is begun again before the browser has it loses what its controls were set to.
    """
    is_first = True

    def show() -> None:
        nonlocal is_first
        if not is_first and runner().store.has_ended(run_id):
            st.rerun()
        is_first = False
        say()
        ask_for_end(run_id)

    live(show)


def start(
    job: str,
    config: Any,
    stop_previous: bool = True,
    begins: Callable[[], None] = lambda: None,
    begun: Callable[[str], None] = lambda run_id: None,
) -> str:
    """Start a run, put its address into the URL, and stop this session's last one of the same job.

    begins: called when nothing can end this pass of the page any more before the run is there.
    begun: called with its id before anything can end the pass.
    Returns its id. Where the visitor has as many open runs as one may have, the run is expected to take more
    than one may, or the store cannot keep a run, the page says so, its settings stay as they are, and nothing
    else happens.
    """
    started, changes = _started(), address.changes()
    try:
        runner().limits.check(job, to_record(config))
        if job in started and stop_previous:
            request(started[job], "stop")
        begins()
        run_id = submit(job, to_record(config))
    except StoreUnavailable as error:
        begins()
        refuse(f"The run was not started. {error}")
    except InvalidRequest as error:  # the run that it would replace continues
        begins()
        refuse(str(error))
    started[job] = run_id
    begun(run_id)
    changes.put("run", run_id)
    st.query_params.pop("step", None)  # of the film of another run
    with suppress(StoreUnavailable):  # the page that follows says so
        _wait_for_first_event(run_id)
    return run_id


def started_last(job: str) -> str | None:
    """The run of a job that this session started last."""
    return _started().get(job)


def _started() -> dict[str, str]:
    """By job, in an object that stays: a look at the session may end this pass of the page."""
    kept: dict[str, str] = st.session_state.setdefault("started runs", {})
    return kept


def submit(job: str, config: Mapping[str, Any]) -> str:
    """Queue a run of the visitor's; returns its id, or draws the page anew with what stands in the way."""
    for name in OTHER_RUNS:
        other = config.get(name)
        if other and (found := runner().store.get(other)) and not controls(found):
            refuse(NOT_YOURS)
    if not JOBS[job].immediate and drained():
        refuse(DRAINED)
    try:
        return runner().submit(job, config, owner_of_new_run())
    except StoreUnavailable:
        raise
    except InvalidRequest as error:  # it has as many open runs as one may have, or this one is too large
        refuse(str(error))


def resume(run_id: str) -> None:
    """Queue a run again that ended early. Raises InvalidRequest where it cannot resume."""
    check_controls(run_id)
    if drained():
        raise InvalidRequest(DRAINED)
    runner().resume(run_id, owner_of_new_run())


def request(run_id: str, requested: str) -> None:
    """Ask for "pause", "resume" or "stop" of a run that is the visitor's to control; of others, nothing."""
    run = runner().store.get(run_id)  # a browser can press what the page does not show
    if controls(run) or (requested == "stop" and run is not None and visitor().may_stop(run.owner)):
        runner().request(run_id, requested)


def drained() -> bool:
    """Whether an operator lets no new run start."""
    return held(runner().store).drained_since is not None


def change(run_id: str, setting: str, key: str, before: Any) -> None:
    """Ask a running run to continue with the value of the widget of this key.

    before: what it showed. A widget that was not drawn for a while calls this for a value that is not new.
    """

    def ask() -> None:
        if st.session_state[key] != before and controls(runner().store.get(run_id)):
            runner().store.change(run_id, {setting: st.session_state[key]})

    unavailable.in_callback(ask)


def controls(run: Run | None) -> bool:
    """Whether the visitor may stop, change, resume and export this run."""
    return run is not None and visitor().controls(run.owner)


def check_controls(run_id: str) -> None:
    """Raise InvalidRequest for a run of somebody else on a shared server."""
    if not controls(runner().store.get(run_id)):
        raise InvalidRequest(NOT_YOURS)


def refuse(reason: str) -> NoReturn:
    """Draw the page anew, with the reason below its title."""
    st.session_state[REFUSED] = reason
    st.rerun()
    raise AssertionError("the rerun has ended this pass")


def say_refusal() -> None:
    """Why what was asked for last did not happen."""
    reason = st.session_state.pop(REFUSED, None)
    if reason:
        st.error(escaped(reason), icon=":material/front_hand:")


def addressed_run(*jobs: str) -> Run | None:
    """The run of one of these jobs that the page's address names (`?run=...`); a warning on the page when
    there is none.
    """
    run_id = address.changes().get("run")
    if not run_id:
        return None
    run = runner().store.get(run_id)
    if run is None or run.job not in jobs:
        st.warning(
            f"There is no {JOB_TITLES[jobs[0]]} run with the address “{escaped(run_id[:40])}”. Start a "
            "new one, or look for it on [Runs](runs). The server deletes the oldest runs to make room for "
            "new ones."
        )
        return None
    return run


def follow(run: Run, draw: Draw, show_state: bool = True) -> None:
    """Show the run's state with its buttons, and what `draw` makes of its events, until it ends."""

    def show() -> None:
        store = runner().store
        with turns.turn(f"{run.job}, live"), pace.drawing():
            look = shared.look(store, run.id, pace.shared_s)
            now = store.get(run.id)  # after the mark of what is new, which then says so if the run ends here
            if now and now.ended:
                look = shared.look(store, run.id)
            if now is None or look is None:  # deleted in another window: the whole page says so
                st.rerun()
                return
            if now.ended and not run.ended:
                st.rerun()  # the whole page once more, which then asks for nothing
            runner().watched(run.id)
            if show_state:
                _show_state(now)
            draw(now, look.records, look.pictures)
            if not now.ended:
                ask_for_news(look.news, run.id)

    live(show)


def records(run_id: str) -> Records:
    """All that the run has recorded so far."""
    return shared.records(runner().store, run_id)


def _wait_for_first_event(run_id: str) -> None:
    turns.give_up()
    deadline, wait_s = time.monotonic() + FIRST_EVENT_WAIT_S, 0.02
    while time.monotonic() < deadline and not runner().store.events_after(run_id):
        time.sleep(wait_s)
        wait_s = min(1.4 * wait_s, 0.1)  # one that has to wait for others is not asked for all the time


def _show_state(run: Run) -> None:
    if not run.ended and (fault := runner().fault()):
        unavailable.say(fault, AT_WORK_MEANWHILE if run.status == RUNNING else "")
    label, icon, color = STATUS_BADGES[run.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(label, icon=icon, color=color)
        mine = controls(run)
        if not run.ended and mine:
            _buttons(run)
        elif not run.ended and visitor().may_stop(run.owner):
            _stop_button(run)
        if is_shared() and mine:
            _share_popover(run)
            if not run.ended:
                _keep_running_toggle(run)
        st.markdown(_in_words(run))  # after the buttons, which its changing width would move
        if run.ended and run.status != FINISHED and mine and runner().store.can_resume(run.id):
            _resume_button(run)
    if not mine:
        st.caption(f":material/visibility: {NOT_YOURS}")
    if run.ended and run.status == STOPPED and run.message and "left the queue" in run.message:
        st.info(escaped(run.message), icon=":material/logout:")
    if run.status == LIMITED:
        st.warning(escaped(run.message or ""), icon=":material/timer_off:")
    if run.pruned_at is not None and run.job == "training":
        st.info(CHECKPOINT_PRUNED, icon=":material/inventory_2:")
    if run.status in (FAILED, INTERRUPTED):
        st.error(f"{escaped(run.message or '')} What was recorded until then is below.")
    elif run.progress:  # also at the end, so that nothing below moves then
        done = run.progress["done"] / max(run.progress["total"], 1e-9)
        st.progress(1.0 if run.status == FINISHED else min(max(done, 0.0), 1.0))


def _in_words(run: Run) -> str:
    now = time.time()
    if run.gave_way:
        return _turn_in_words(run, now)
    if run.status == QUEUED:
        position = runner().store.queue_position(run.id) or 1
        if position > 1:
            return f"Number {position} in the queue"
        return "Starting" if now - run.queued_at < STARTING_S else "Next in the queue"
    words = [_seconds(run.worked(now))]
    progress = run.progress or {}
    if progress.get("doing") and not run.ended:
        words.append(progress["doing"])
    if progress.get("rate_per_s") and not run.ended:
        words.append(f"{progress['rate_per_s']:,.0f} {progress['rate_unit']}/s")
    if run.status == RUNNING and progress.get("done"):
        left_s = run.worked(now) * (progress["total"] - progress["done"]) / progress["done"]
        words.append(f"about {_seconds(left_s)} left")
    return " · ".join(words)


def _turn_in_words(run: Run, now: float) -> str:
    """Of a run that has given way to others."""
    left_s = runner().store.seconds_until_turn(run.id, runner().limit) or 0.0
    turn = f"next in about {_seconds(math.ceil(left_s))}" if left_s >= 1 else "next in a moment"
    return f"Gives way to others after {_seconds(run.worked(now))} of work, {turn}"


def _keep_running_toggle(run: Run) -> None:
    """Whether the run stays in the queue when its page is closed."""
    key = f"keep_running_of_{run.id}"
    st.toggle(
        "Keep running when I leave",
        run.keep_running,
        key=key,
        on_change=_keep_running,
        args=(run, key),
        help=f"Else it leaves the queue when no page has shown it for {GONE_S / 60:.0f} minutes; what it has "
        "recorded stays, and it can be resumed.",
    )


def _keep_running(run: Run, key: str) -> None:
    if controls(run):
        unavailable.in_callback(lambda: runner().store.keep_running(run.id, st.session_state[key]))


def _share_popover(run: Run) -> None:
    """Links for others: nobody finds the run without one."""
    with st.popover("Share", icon=":material/share:"):
        here = (st.context.url or "").partition("?")[0]
        st.markdown("**Read-only**: who has this link can look at the run, and do nothing with it.")
        st.code(f"{here}?run={run.id}", language=None, wrap_lines=True)
        if run.job in COPIED:
            st.markdown(
                "**Open a copy**: who has this one also gets its settings, to start a run of their own."
            )
            st.code(f"{here}?run={run.id}&{COPY}=1", language=None, wrap_lines=True)


def is_to_be_copied(run: Run) -> bool:
    """Whether the address lets the visitor open a copy of somebody else's run."""
    return st.query_params.get(COPY) == "1" and not controls(run)


def _buttons(run: Run) -> None:
    """Two buttons at all times, so that neither moves away from under a finger."""
    if run.status == PAUSED:
        st.button(
            "Resume",
            icon=":material/play_arrow:",
            type="primary",
            on_click=_press,
            args=(run.id, "resume"),
        )
    else:
        st.button(
            "Pause",
            icon=":material/pause:",
            disabled=run.status != RUNNING,
            on_click=_press,
            args=(run.id, "pause"),
        )
    _stop_button(run)


def _stop_button(run: Run) -> None:
    st.button("Stop", icon=":material/stop:", on_click=_press, args=(run.id, "stop"))


def _press(run_id: str, requested: str) -> None:
    unavailable.in_callback(lambda: request(run_id, requested))


def _resume_button(run: Run) -> None:
    """For a run that ended early."""
    help_text = "Continues from the last checkpoint, with the same numbers as if it had never stopped."
    if st.button("Resume", icon=":material/play_arrow:", type="primary", help=help_text):
        try:
            resume(run.id)
        except InvalidRequest as error:  # pruned while the page was open, or one too many
            st.error(escaped(str(error)))
            return
        st.query_params.pop("step", None)  # it is watched while it runs
        st.rerun()


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"
