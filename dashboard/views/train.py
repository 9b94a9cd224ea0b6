"""Train: a small network learns before your eyes."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data import DATASETS
from core.data.dataset import CURVE, POINTS, ROWS, SURFACE
from core.data.table_reading import Preview
from core.errors import InvalidRequest
from core.events import Picture
from core.export.archive import zipped_from_store
from core.models import MODELS
from core.options import filled_in
from core.records import from_record
from core.runs.status import FAILED, FINISHED, INTERRUPTED, RUNNING
from core.runs.store import Run
from core.training import TrainConfig
from core.training.settings import MAX_EPOCHS, MUTABLE_ON_RESUME
from core.training.snapshots import SNAPSHOTS, applicable, defaults
from core.training.snapshots.catalogue import LAYERS
from dashboard.charts.training.classical import classical_chart
from dashboard.charts.training.curves import METRICS, loss_drawing, metric_drawing
from dashboard.charts.training.data.curve_samples import curve_samples_chart
from dashboard.charts.training.data.points import points_chart
from dashboard.charts.training.registry import AnyChart, charts, shown
from dashboard.components import runs
from dashboard.components.layout import heading, one_row, page_layout, start_button
from dashboard.components.limits import say_limits
from dashboard.components.markdown import escaped
from dashboard.film import actions
from dashboard.film.editing import editing_of
from dashboard.film.of_run import of_run
from dashboard.film.player import film_player
from dashboard.live.charts import draw_shared
from dashboard.live.records import Records
from dashboard.pages import PAGES
from dashboard.training import drawn_network, landscape, user_images
from dashboard.training.film_content import has_network, what_to_learn
from dashboard.training.form import (
    choose_how,
    choose_task,
    copy_from_run,
    load_from_run,
    loaded,
    offer_demonstrations,
    say_demonstration,
)
from dashboard.training.learning_rate import change_rate, draw_rate
from dashboard.training.same_task import say_same_task
from dashboard.training.settings_text import differences, in_words
from dashboard.training.user_table import draw_preview, preview_of, with_labels

# Why a training ended before its last epoch, as was asked; one that diverged says more about itself.
ENDED_EARLY = {
    "target": "Stopped early: target metric reached on the validation split.",
    "plateau": "Stopped early: the validation loss no longer fell.",
    "steps": "Stopped: step limit reached.",
    "seconds": "Stopped: time limit reached.",
}

# Snapshots that the drawing of a small network shows of every step.
IN_THE_NETWORK = ("points", "decision_map")

# Streamlit fetches this kind of button late; until then its place is as wide as it will be.
EXPORT_PX = 96

NO_MORE = "Only a training that came to its end, and whose weights are kept, can continue."

AS_CHARTS_HELP = "Each can be enlarged and saved as SVG or PNG from its menu."

# What there is to learn, drawn before a run starts.
DATA_CHARTS = {POINTS: points_chart, CURVE: curve_samples_chart, SURFACE: curve_samples_chart}

SKILL_HELP = (
    "1 − error / error of “{}”, both on the test data as root mean squared error: 0 is no better than that, "
    "1 is perfect, below 0 is worse. Of forecasts that need no network it is compared with the best."
)

# What an accuracy is compared with, where a run has it.
BESIDE_ACCURACY = {
    "majority_accuracy": "Most frequent class",
    "balanced_accuracy": "Balanced accuracy, test",
}


def draw(run: Run, records: Records, pictures: dict[str, Picture]) -> None:
    """The training so far: figures, curves, and the picture that suits the data."""
    if drawn_network.asked_for().start:  # the controls are outside of this part of the page
        st.rerun()
    events = records.by_event
    if "training_started" not in events:
        return
    started, epochs = events["training_started"][0], events.get("epoch_completed", [])
    for diverged in events.get("training_diverged", []):
        st.warning(escaped(diverged["reason"]))
    drawn = network_is_drawn(run, started) and (not run.ended or runs.runner().store.has_film(run.id))
    played = in_panels(run, pictures, drawn)
    say_same_task(run, started)
    if drawn or played:  # on top, where nothing that comes later moves it
        draw_film(run, started, pictures, played, drawn)
    for finished in events.get("training_finished", []):
        if finished["reason"] in ENDED_EARLY:
            st.caption(f"{ENDED_EARLY[finished['reason']]} It took {finished['steps']:,} steps.")
        if finished.get("best_epoch") is not None:
            st.caption(f"The weights are those of epoch {finished['best_epoch']}, the best in validation.")
    draw_figures(started, epochs, events.get("training_finished", []))
    changes = events.get("setting_changed", [])
    for refused in events.get("setting_refused", [])[-1:]:
        st.warning(escaped(refused["reason"]))
    if run.status == RUNNING and runs.controls(run):
        change_rate(run, started, epochs, changes)
    if epochs:
        planned = None if run.ended else started["epochs"]
        left, right = st.columns(2)
        now = (run.id, records.version, planned)  # what its curves depend on
        metric = started["metric"]
        draw_shared(left, "loss", now, lambda: loss_drawing(epochs, metric, planned, equilibrium(run)))
        draw_shared(right, "metric", now, lambda: metric_drawing(epochs, metric, planned))
        with left:
            draw_rate(run, started, epochs, changes)
    keys = shown(pictures)
    if keys and st.toggle("Newest pictures as charts", key="as_charts", help=AS_CHARTS_HELP):
        draw_snapshots(keys, pictures)


def draw_snapshots(keys: list[str], pictures: dict[str, Picture]) -> None:
    """The newest picture of each snapshot as a chart, which can be saved."""
    say_steps([pictures[key] for key in keys])
    inside = [key for key in keys if SNAPSHOTS[key].group == LAYERS]
    drawn = charts_of([key for key in keys if key not in inside] + inside, pictures)
    for column, part in zip(st.columns(2), (drawn[::2], drawn[1::2]), strict=True):
        with column:
            draw_charts(part)


def in_panels(run: Run, pictures: dict[str, Picture], network: bool) -> list[str]:
    """Snapshots that the player shows as panels: those that are there, and those that are to come."""
    config = run.config
    coming = () if run.ended else config.get("snapshots") or defaults(config["model"], config["data"])
    keys = [key for key in SNAPSHOTS if key in {*pictures, *coming}]
    return [key for key in keys if not network or key not in IN_THE_NETWORK]


def say_settings(run: Run, config: TrainConfig | None) -> None:
    """What the results are of, and which controls now say something else; config is that of the controls."""
    try:
        ran = from_record(TrainConfig, run.config)
    except InvalidRequest:  # a run of another version, with settings that are none here
        return
    st.caption(in_words(ran))
    actions.say_start(ran)
    others = differences(config, ran) if config and runs.controls(run) else []
    if not others:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"The controls differ from this run: {', '.join(others)}.", width="stretch")
        if st.button("Run with these", icon=":material/play_arrow:"):
            runs.start("training", config, begun=loaded().come_from)
            st.rerun()
        st.button(
            "Restore",
            icon=":material/undo:",
            on_click=loaded().come_from,
            args=(None,),
            help="Sets the controls to what this run was asked to do.",
        )


def network_is_drawn(run: Run, started: dict[str, Any]) -> bool:
    """Whether the player draws this run's network out of its weights."""
    try:
        return has_network(from_record(TrainConfig, run.config), started)
    except InvalidRequest:  # a run of another version, with settings that are none here
        return False


def draw_film(
    run: Run,
    started: dict[str, Any],
    pictures: dict[str, Picture],
    snapshots: list[str],
    network: bool,
) -> None:
    """A small network with its maps, these snapshots and the losses at any step, played in the browser."""
    points = None
    ran = from_record(TrainConfig, run.config) if network else None
    if ran:
        points = pictures.get("points") or what_to_learn(ran)
    description = of_run(
        run,
        started,
        METRICS[started["metric"]],
        points,
        snapshots,
        news=str(runs.runner().store.film_sequence(run.id)) if run.ended else "",
        autoplay=run.id == runs.started_last("training"),
        step=addressed_step(),
        editing=editing_of(ran, drawn_network.asked_for().answered) if ran and runs.controls(run) else None,
    )
    film_player(
        description,
        "film",
        on_step=write_step,
        on_network=lambda wanted: drawn_network.ask_for(ran, wanted) if ran and runs.controls(run) else None,
    )


def addressed_step() -> int | None:
    """The step that the page's address names (`?step=...`), so that a link can point at a moment."""
    text = st.query_params.get("step", "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else None


def write_step(step: float) -> None:
    """Put the step at which the film stands into the address."""
    st.query_params["step"] = str(int(step))


def equilibrium(run: Run) -> bool:
    """Whether this run's loss has a known value where neither of two networks gains on the other."""
    options = filled_in(MODELS[run.config["model"]].options, run.config.get("model_options", {}))
    return options.get("loss") == "non_saturating"


def draw_figures(
    started: dict[str, Any], epochs: list[dict[str, Any]], finished: list[dict[str, Any]]
) -> None:
    """The figures of this moment: after the end those of the weights that were chosen."""
    with st.container(horizontal=True, gap="medium"):
        done = epochs[-1]["epoch"] if epochs else 0
        st.metric("Epoch", f"{done} of {started['epochs']}", width="content")
        if epochs:
            last = epochs[-1]
            metric, value, details = METRICS[started["metric"]], last["test_metric"], last["details"]
            for end in finished:
                if end["value"] is not None:
                    value, details = end["value"], end["details"]
            help_text = SKILL_HELP.format(started["baseline"]) if "rmse" in details else None
            shown_value = format(value, metric.format).replace("-", "−")
            st.metric(f"{metric.name}, {metric.test}", shown_value, width="content", help=help_text)
            if "rmse" in details:
                st.metric("Error, test", f"{details['rmse']:.2f} {started['unit']}", width="content")
                baseline = f"{started['baseline_rmse']:.2f} {started['unit']}"
                st.metric(f"Error of “{started['baseline']}”", baseline, width="content")
            for name, label in BESIDE_ACCURACY.items():
                if name in details:
                    st.metric(label, format(details[name], metric.format), width="content")
            if last.get("validation_metric") is not None:
                value = format(last["validation_metric"], metric.format)
                st.metric(f"{metric.name}, validation", value, width="content")
            for end in finished:  # until then the run's own line says how fast it is now
                unit = started.get("sample_unit", "samples")
                reason = started.get("engine_reason")  # None in runs of version 0.1 as well
                slow = f"Engine: eager, not compiled: {reason}." if reason else None
                speed = f"{end['samples_per_s']:,.0f}"
                st.metric(f"Speed, {unit}/s", speed, width="content", help=slow)
        st.metric("Parameters", f"{started['parameters']:,}", width="content")
    say_naive(started)


def say_naive(started: dict[str, Any]) -> None:
    """What forecasts without a network reach, the best first; runs of version 0.1 know the best alone."""
    errors = sorted(started.get("naive_rmse", {}).items(), key=lambda naive: naive[1])
    if errors:
        words = ", ".join(f"{name} {error:.2f} {started['unit']}" for name, error in errors)
        st.caption(f"Naive forecasts, error on the test data: {words}.")


def charts_of(keys: list[str], pictures: dict[str, Picture]) -> list[tuple[str, AnyChart]]:
    """The charts of snapshots, each with the name of its element."""
    return [named for key in keys for named in charts(key, pictures).items()]


def draw_charts(named: list[tuple[str, AnyChart]]) -> None:
    """One under the other."""
    for name, chart in named:
        st.altair_chart(chart, key=name)


def say_steps(pictures: list[Picture]) -> None:
    """That panels show different steps, where they do; data belongs to none."""
    steps = sorted({picture.step for picture in pictures if not SNAPSHOTS[picture.name].once})
    if len(steps) > 1:
        st.caption(
            f"The panels show steps {steps[0]:,} to {steps[-1]:,}: the longer one takes to draw, the more "
            "seldom it is drawn."
        )


def table_of(config: TrainConfig, errors: DeltaGenerator) -> Preview | None:
    """How the user's table will be read, and what stands in the way; None for other data."""
    preview = preview_of(config)
    if preview and preview.problem:
        errors.error(escaped(with_labels(preview.problem)))
    return preview


def follow_up(run: Run, config: TrainConfig | None) -> None:
    """What can be done with a run once it has ended; config is that of the controls.

    It lies above the results, and is there from the start, so that nothing moves when the run ends.
    """
    records = runs.records(run.id)
    if run.status in (FAILED, INTERRUPTED) or (run.ended and not records):  # stopped before it had begun
        return
    if not runs.controls(run):
        return
    with one_row():
        continue_training(run, records[-1] if records else {}, config)
        actions.start_from(run, config, addressed_step())
        actions.more_panels(run)
        export(run)
        ask_classical(run)
        show_pre_activations(run)
        landscape.ask(run)


def show_classical(run: Run) -> None:
    """What the methods without a network have reached so far, where they were asked for."""
    job = st.session_state.get(classical_key(run))
    job = runs.runner().store.get(job) if job else None
    if job:
        last = runs.records(run.id)[-1]
        show_state = job.status != FINISHED  # done, its chart says all
        runs.follow(job, lambda _run, methods, _pictures: draw_classical(last, methods), show_state)


def continue_training(run: Run, last: dict[str, Any], config: TrainConfig | None) -> None:
    """Train further from where a run has ended, by its last record, with settings that may have changed."""
    ended_well = last.get("reason", "diverged") != "diverged" and runs.runner().store.can_resume(run.id)
    if not run.ended or config is None or not ended_well:
        why_not = actions.WHEN_ENDED if not run.ended else actions.NOT_POSSIBLE if config is None else NO_MORE
        st.button(
            f"Continue to epoch {2 * run.config['epochs']}",
            icon=":material/fast_forward:",
            disabled=True,
            help=why_not,
        )
        return
    total = config.epochs if config.epochs > last["epochs"] else last["epochs"] + config.epochs
    others = [
        name
        for name, value in asdict(config).items()
        if name not in MUTABLE_ON_RESUME and differs(run, name, value)
    ]
    help_text = "A new run that starts with the weights of this one, and the settings chosen now."
    if others:
        help_text = f"It can only continue with the {others[0].replace('_', ' ')} that it was trained with."
    impossible = bool(others) or total > MAX_EPOCHS
    if st.button(
        f"Continue to epoch {total}", icon=":material/fast_forward:", disabled=impossible, help=help_text
    ):
        runs.start("training", replace(config, epochs=total, resume_from=run.id))
        st.rerun()


def differs(run: Run, name: str, value: Any) -> bool:
    """Whether a setting has another value than in the run."""
    before = run.config.get(name, value)
    return before != ([*value] if isinstance(value, tuple) else value)


def export(run: Run) -> None:
    """The run as one zip, which is made when it is asked for."""
    st.download_button(
        "Export",
        lambda: zipped_from_store(runs.runner().store, run.id),
        f"nablascope-{run.config['model']}-{run.config['data']}-{run.id}.zip",
        "application/zip",
        icon=":material/download:",
        on_click="ignore",
        disabled=not run.ended,
        width=EXPORT_PX,
        help="A script that does this run again (of an MLP or a CNN in JAX and Keras too), weights, ONNX, "
        "metrics and TensorBoard curves in one zip.",
    )


def ask_classical(run: Run) -> None:
    """What methods without a network reach on the same split, as a job of its own."""
    if DATASETS[run.config["data"]].kind not in ROWS or MODELS[run.config["model"]].learner != "supervised":
        return
    asked = st.button(
        "Classical methods",
        icon=":material/bar_chart:",
        help="What linear models, nearest neighbours, support vectors, random forest and gradient boosting "
        "reach on this data.",
        disabled=not run.ended or classical_key(run) in st.session_state,
    )
    if asked:
        st.session_state[classical_key(run)] = runs.submit("classical", run.config)
        st.rerun()


def classical_key(run: Run) -> str:
    """Under which the session knows the run of the classical methods."""
    return f"classical_of_{run.id}"


def show_pre_activations(run: Run) -> None:
    """The way to this run's pre-activations on the curve of its activation, where they can be recorded."""
    if run.pruned_at is not None or "input_histograms" not in applicable(
        run.config["model"], run.config["data"]
    ):
        return
    help_text = "Where the pre-activations of its layers are on the activation function."
    if st.button("Pre-activations", icon=":material/query_stats:", help=help_text, disabled=not run.ended):
        st.switch_page(PAGES["pre_activations"].file, query_params={"run": run.id})


def draw_classical(network: dict[str, Any], methods: list[dict[str, Any]]) -> None:
    """The network's metric beside that of each method so far."""
    if methods and network.get("value") is not None:
        st.altair_chart(classical_chart(network, methods), key="classical")


heading("train")
run = runs.addressed_run("training")
asked_for = drawn_network.asked_for()
if asked_for.start:  # the address may be that of the run before
    drawn_network.set_controls_as_asked()
elif run is None or runs.controls(run):
    load_from_run(run)
elif runs.is_to_be_copied(run):
    copy_from_run(run)
page = page_layout(2)
presets = page.errors.container(horizontal=True, vertical_alignment="center")
offer_demonstrations(presets)
default = choose_task(*page.task)
config = None
with page.settings:
    try:
        config = choose_how(default)
    except InvalidRequest as error:
        page.errors.error(escaped(str(error)))
if config:
    say_demonstration(presets, config)
table = table_of(config, page.errors) if config else None
if table and table.problem:
    config = None
if config and (problem := user_images.problem_of(config)):
    page.errors.error(escaped(problem))
    config = None
pressed = start_button(page.button, run if runs.controls(run) else None, config is not None)
if config and (pressed or asked_for.start):
    # A change that comes now ends this pass of the page. Until the run is there the next pass starts it.
    asked_for.start = True
    # What was drawn is in the controls once the browser has drawn them again: only then are they the run's.
    begun = loaded().come_from if asked_for.change is None else lambda _: None
    runs.start("training", config, begins=asked_for.begin, begun=begun)
    st.rerun()
asked_for.begin()
with page.button:
    say_limits("training", config)
with page.results:
    if table:
        with st.expander("How the table is read", expanded=run is None or table.problem is not None):
            draw_preview(table)
    if config and config.data == user_images.DATA:
        with st.expander("The images", expanded=run is None):
            user_images.draw_images(config)
    if run:
        say_settings(run, config)
        follow_up(run, config)
        with (
            st.container()
        ):  # beneath the buttons that ask for them, and of one place in the page: the film stays
            show_classical(run)
            landscape.follow(run)
        runs.follow(run, draw)
    elif not (table and table.problem):
        st.info("Choose a network and data, then press **Start**: the first results appear within a second.")
        if config and DATASETS[config.data].kind in DATA_CHARTS:
            chart = DATA_CHARTS[DATASETS[config.data].kind]
            st.columns(2)[0].altair_chart(chart(what_to_learn(config)), key="data")
