"""The command line: `python -m core.training mlp --data moons --set hidden=16,16 --epochs 3 --json`."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.models.registry import default_data, fitting_data
from core.options import Option
from core.training.config import TrainConfig, default_config
from core.training.ensembles import EnsembleConfig
from core.training.settings import SETTINGS, Setting, from_texts, not_used

CHECKPOINT_EVERY_S = 3.0

OK, DIVERGED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidRequest(f"{message[0].upper()}{message[1:]}; see {self.prog} --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        given = sys.argv[1:] if arguments is None else list(arguments)
        if given[:1] == ["export"]:
            return _export(**vars(_export_parser().parse_args(given[1:])))
        options = vars(_parser().parse_args(given))
        name, as_json = options.pop("name"), options.pop("json")
        if name == "list":
            _list(as_json)
            return OK
        out, resume = options.pop("out"), options.pop("resume")
        seeds, vary = options.pop("seeds"), options.pop("vary")
        if (name is None) == (resume is None):
            raise InvalidRequest(
                "One of NAME and --resume is required: NAME starts a training, --resume goes on."
            )
        if name == "classical":
            return _compare(_config("mlp", options.pop("set"), options), as_json)
        if seeds is not None or vary:
            if out or resume:
                raise InvalidRequest("--seeds and --vary go with neither --out nor --resume.")
            training = _config(name, options.pop("set"), options)
            return _run_ensemble(_ensemble(training, seeds, vary), as_json)
        if resume:
            return _resume(resume, out or resume, options, as_json)
        return _run(_config(name, options.pop("set"), options), as_json, out)
    except InvalidRequest as error:
        print(error, file=sys.stderr)
        return BAD_INPUT


def _export(run: str, out: Path) -> int:
    """Write all that can be taken away from a run, of a folder or of the run store, and print the paths."""
    from core.export.archive import write
    from core.export.run import run_in_folder, run_in_store

    if Path(run).is_dir():
        taken = run_in_folder(Path(run))
    else:
        from core.paths import data_folder
        from core.runs.store import RunStore

        with contextlib.closing(RunStore(data_folder() / "runs.sqlite")) as store:
            taken = run_in_store(store, run)
    for path in write(taken, out):
        print(path)
    return OK


def _compare(config: TrainConfig, as_json: bool) -> int:
    """Print what each classical method reaches on the data of a training."""
    from core.events import Progress
    from core.experiments.baselines import compare

    for event in compare(config):
        if not isinstance(event, Progress):
            _print(event, as_json)
    return OK


def _config(model: str, texts: Sequence[str], options: Mapping[str, Any]) -> TrainConfig:
    """The preset of this network and its data, with the flags and then the --set texts over it."""
    given = {setting: value for setting, value in options.items() if value is not None}
    data = given.pop("data", None) or default_data(model)
    file = None
    if data not in DATASETS and (data.lower().endswith(".csv") or Path(data).is_file()):
        from core.data import user_csv

        data, file = "own_csv", user_csv.add(data)
    if data not in DATASETS:
        raise InvalidRequest(
            f"Unknown data {data!r}; choose from {', '.join(DATASETS)}, or name a file that ends in .csv."
        )
    given = {"picture_every_s": None} | given | from_texts(model, data, texts)
    if file:
        given["data_options"] = {"file": file, **given.get("data_options", {})}
    return default_config(model, data, **given)


def _resume(folder: Path, out: Path, options: dict[str, Any], as_json: bool) -> int:
    """Go on from a folder's checkpoint, with the flags and --set texts over its config; into `out`."""
    from core.runs.run_folder import checkpoint_in

    config, lines, state = checkpoint_in(folder)
    texts = options.pop("set")
    given = {setting: value for setting, value in options.items() if value is not None}
    config = replace(config, **(given | from_texts(config.model, config.data, texts)))
    return _run(config, as_json, out, state, lines if out == folder else 0)


def _run(
    config: TrainConfig,
    as_json: bool,
    out: Path | None = None,
    start: Mapping[str, Any] | None = None,
    lines: int = 0,
) -> int:
    """Print each event as it comes, and keep it in the folder `out`; Ctrl-C keeps what came."""
    line = _ProgressLine()
    epochs, code = 0, OK
    try:
        from core.events import Checkpoint, Picture, Progress
        from core.runs.run_folder import Folder
        from core.training.checkpoint import check_fits
        from core.training.events import EpochCompleted, TrainingDiverged
        from core.training.loop import train

        if start:
            check_fits(config, start)  # before the folder loses lines
        sink = contextlib.closing(Folder(out, lines)) if out else contextlib.nullcontext()
        with sink as folder:
            for event in train(config, start, CHECKPOINT_EVERY_S if out else None):
                if folder:
                    folder.add(event)
                if isinstance(event, Progress):
                    line.show(event)
                elif not isinstance(event, Picture | Checkpoint):
                    line.clear()
                    _print(event, as_json)
                    epochs += isinstance(event, EpochCompleted)
                    code = DIVERGED if isinstance(event, TrainingDiverged) else code
    except KeyboardInterrupt:
        line.clear()
        print(f"Stopped after {epochs} of {config.epochs} epochs.", file=sys.stderr)
        return INTERRUPTED
    return code


def _ensemble(training: TrainConfig, seeds: int | None, vary: Sequence[str]) -> EnsembleConfig:
    """The training with several seeds, and each value of "key=v,v" (lists of numbers parted by ";")."""
    values: dict[str, tuple[Any, ...]] = {}
    for text in vary:
        key, found, joined = text.partition("=")
        if not found or not joined:
            raise InvalidRequest(f"--vary {text!r} is not possible; write key=value,value.")
        parts = joined.split(";" if ";" in joined or key == "hidden" else ",")
        each = (from_texts(training.model, training.data, [f"{key}={part}"]) for part in parts)
        values[key] = tuple(_innermost(settings) for settings in each)
    return EnsembleConfig(training, 16 if seeds is None else seeds, values, training.threads)


def _innermost(settings: Mapping[str, Any]) -> Any:
    """The value out of {"activation": "tanh"}, or out of {"model_options": {"depth": 3}}."""
    value = next(iter(settings.values()))
    return next(iter(value.values())) if isinstance(value, Mapping) else value


def _run_ensemble(config: EnsembleConfig, as_json: bool) -> int:
    """Print each event as it comes; Ctrl-C keeps what was printed."""
    line = _ProgressLine()
    try:
        from core.events import Progress
        from core.training.ensembles.job import train_ensemble

        for event in train_ensemble(config):
            if isinstance(event, Progress):
                line.show(event)
            else:
                line.clear()
                _print(event, as_json)
    except KeyboardInterrupt:
        line.clear()
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    return OK


def _print(event: Any, as_json: bool) -> None:
    if as_json:
        from core.events import event_record

        print(json.dumps(event_record(event), ensure_ascii=False), flush=True)
    else:
        print(_in_words(event), flush=True)


def _in_words(event: Any) -> str:
    from core.experiments.baselines import ClassicalCompleted
    from core.training.ensembles.events import EnsembleEpochCompleted, EnsembleFinished, EnsembleStarted
    from core.training.events import (
        EpochCompleted,
        TrainingDiverged,
        TrainingFinished,
        TrainingResumed,
        TrainingStarted,
    )

    match event:
        case ClassicalCompleted():
            return (
                f"{event.method:<18} test {event.metric} {event.value:.4f}  "
                f"fitted in {event.fit_s:.3f} s, answered in {event.predict_s:.3f} s"
            )
        case EnsembleStarted():
            return (
                f"{MODELS[event.model].name} on {DATASETS[event.data].name}: "
                f"{', '.join(event.variants)}; {event.seeds} seeds each"
            )
        case EnsembleEpochCompleted():
            medians = ", ".join(f"{name} {five[2]:.4f}" for name, five in event.test_metric.items())
            return f"epoch {event.epoch:>4}  median test metric {medians}  {event.elapsed_s:.1f} s"
        case EnsembleFinished():
            places = (
                f"{place.variant} {_number(place.median)} ({_number(place.low)} to {_number(place.high)})"
                + (", tied with the first" if place.tied and number else "")
                + (f", {place.diverged} diverged" if place.diverged else "")
                for number, place in enumerate(event.ranking)
            )
            return f"median test {event.metric} with its 95% interval, best first:\n" + "\n".join(places)
        case TrainingResumed():
            changed = "".join(f", {name} now {value}" for name, value in event.changed.items())
            return f"goes on after {event.epoch} epochs, at step {event.step:,}{changed}"
        case TrainingStarted():
            return (
                f"{MODELS[event.model].name} on {DATASETS[event.data].name}: "
                f"{event.parameters:,} parameters, "
                f"{event.train_samples:,} samples to learn from and {event.test_samples:,} held back, "
                f"{event.steps_per_epoch:,} steps an epoch, {event.device}, seed {event.seed}"
            )
        case EpochCompleted():
            return (
                f"epoch {event.epoch:>4}  loss {event.train_loss:.4f} (test {event.test_loss:.4f})  "
                f"metric {event.train_metric:.4f} (test {event.test_metric:.4f})  "
                f"{event.samples_per_s:,.0f} samples/s  {event.elapsed_s:.1f} s"
            )
        case TrainingDiverged():
            return event.reason
        case TrainingFinished():
            value = "none" if event.value is None else f"{event.value:.4f}"
            details = "".join(f", {name} {number:.4g}" for name, number in event.details.items())
            early = f" (ended by {event.reason})" if event.reason not in ("completed", "diverged") else ""
            return (
                f"test {event.metric} {value}{details} after {event.epochs} epochs{early}, "
                f"{event.elapsed_s:.1f} s"
            )
    raise AssertionError(event)


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def _list(as_json: bool) -> None:
    """Every network with the data that fits."""
    for name, model in MODELS.items():
        unused = not_used(name)
        if as_json:
            record = {
                "model": name,
                "name": model.name,
                "data": fitting_data(name),
                "activations": model.activations,
                "settings": [setting for setting in SETTINGS if setting not in unused],
                "options": _described(model.options),
                "data_options": {
                    data: _described(DATASETS[data].options)
                    for data in fitting_data(name)
                    if DATASETS[data].options
                },
            }
            print(json.dumps(record, ensure_ascii=False))
        else:
            options = "".join(f"  {key}={option.default}" for key, option in model.options.items())
            without = f"  (takes no {', '.join(unused)})" if unused else ""
            print(f"{name:<12} {model.name:<14} {', '.join(fitting_data(name))}{options}{without}")


def _described(options: Mapping[str, Option]) -> dict[str, dict[str, Any]]:
    """What each option is and may be, for JSON."""
    shown = ("help", "default", "min", "max", "choices")
    return {key: {name: getattr(option, name) for name in shown} for key, option in options.items()}


class _ProgressLine:
    """One line on a terminal's stderr that is written over; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._began = self._shown = time.perf_counter()

    def show(self, progress: Any) -> None:
        if not self._on or (now := time.perf_counter()) - self._shown < 0.1:
            return
        self._shown = now
        share = progress.done / progress.total
        left = f", about {(now - self._began) * (1 / share - 1):.0f} s left" if share else ""
        rate = f", {progress.rate_per_s:,.0f} {progress.rate_unit}/s" if progress.rate_per_s else ""
        sys.stderr.write(f"\r\x1b[K{progress.done:,} of {progress.total:,} {progress.unit}{rate}{left}")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m core.training",
        description="Train one network and print what happens. Settings that are left out take the values "
        "that suit the network and its data.",
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        choices=["list", "classical", *MODELS],
        help=f"{', '.join(MODELS)}; list, for what fits what; classical, for other "
        "methods on --data; or export, to take a run away",
    )
    for name, setting in SETTINGS.items():
        if setting.flag:
            add_flag(parser, name, setting)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any setting, or an option of this network or data (`list` names them); may be repeated",
    )
    parser.add_argument(
        "--seeds", type=int, metavar="N", help="train with so many seeds and tell the distribution (16)"
    )
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=V,V",
        help="train each of these values with all seeds and rank them; values of hidden are parted by ';'",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep events and checkpoints in this folder, to go on from"
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="DIR",
        help="go on from a folder's checkpoint, in it or in --out; --set then changes settings from there",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line, the test metric last")
    return parser


def add_flag(parser: argparse.ArgumentParser, name: str, setting: Setting) -> None:
    """The flag of one setting, such as --batch-size N."""
    choices = f": {', '.join(setting.choices)}" if setting.choices else ""
    parser.add_argument(
        f"--{name.replace('_', '-')}",
        type=_whole_numbers if setting.many else setting.type,
        metavar=setting.flag,
        help=f"{setting.help.rstrip('.')}{choices}",
    )


def _export_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m core.training export",
        description="Write all that can be taken away from a run: a script that does it again, its weights, "
        "its network as ONNX, its metrics. README.txt tells what each file is.",
    )
    parser.add_argument("run", metavar="RUN", help="the folder of --out, or the address of a run on the page")
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="where to write them")
    return parser


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in text.split(",") if number.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 8,8") from None


if __name__ == "__main__":
    # A reader that closes the pipe early (`| head`) is no error.
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
