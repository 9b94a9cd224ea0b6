"""`python -m core.training` or `nablascope training`: train a network, resume it, export it."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands import user_table
from core.commands.exit_codes import DIVERGED, INTERRUPTED, OK
from core.commands.job import Sink, event_printer, run_job
from core.commands.output import JSON, add_formats, print_rows
from core.commands.parser import Parser, add_flag, add_ray, add_set
from core.data import DATASETS
from core.errors import InvalidRequest
from core.garbage import without_collection
from core.models import MODELS
from core.models.registry import applicable_data, default_data
from core.options import Option
from core.training.config import TrainConfig, default_config
from core.training.ensembles import EnsembleConfig
from core.training.ensembles.config import ENSEMBLE_SETTINGS, ClusterEnsembleConfig
from core.training.settings import SETTINGS, from_texts, not_used
from core.training.upgrades import NAMES_IN_0_1

if TYPE_CHECKING:
    from core.training.weights import StartWeights

CHECKPOINT_EVERY_S = 3.0
DEFAULT_SEEDS = 16
LOG_EVERY_S = 5.0  # of each node's progress, where stderr is no terminal

# The settings that have a flag of their own.
FLAGS = {name: setting for name, setting in SETTINGS.items() if setting.flag}


def command(words: Sequence[str], prog: str = "python -m core.training") -> int:
    """Run one command; returns the exit code."""
    if words[:1] == ["export"]:
        return _export(_export_parser(f"{prog} export").parse_args(words[1:]))
    if words[:1] == ["predict"]:
        return user_table.predict(words[1:], f"{prog} predict")
    if words[:1] == ["table"]:
        return user_table.show(words[1:], f"{prog} table")
    if words[:1] == ["landscape"]:
        from core.commands import landscape

        return landscape.show(words[1:], f"{prog} landscape")
    if words[:1] == ["layers"]:
        from core.commands import layers

        return layers.show(words[1:], f"{prog} layers")
    options = _parser(prog).parse_args(words)
    if options.name == "list":
        return _list(options)
    if (options.name is None) == (options.resume is None):
        raise InvalidRequest(
            "One of NAME and --resume is required: NAME starts a training, --resume resumes one."
        )
    if options.ray is not None and options.seeds is None and not options.vary:
        raise InvalidRequest(
            "--ray shares out the trainings of --seeds and --vary; give one of these as well."
        )
    if options.name == "classical":
        return _classical(options)
    if options.seeds is not None or options.vary:
        return _ensemble(options)
    return _resume(options) if options.resume else _train(options)


def _train(options: argparse.Namespace) -> int:
    """Train from the start."""
    config = _config(options.name, options)
    if config.resume_from is not None:
        raise InvalidRequest("resume_from is for the page's runs; --resume resumes one from its folder.")
    return _follow(config, options.format, options.out, weights=_weights(config))


def _weights(config: TrainConfig) -> StartWeights | None:
    """Of the frame that --start-from and --start-step name, out of the page's runs."""
    if config.start_from is None:
        return None
    from core.runs.branching import start_weights
    from core.runs.databases.opening import store_place
    from core.runs.store import RunStore

    with contextlib.closing(RunStore(store_place())) as store:
        return start_weights(store, config.start_from, config.start_step)


def _resume(options: argparse.Namespace) -> int:
    """Resume from a folder's checkpoint, with the flags and --set over its config; into --out or there."""
    from core.runs.run_folder import checkpoint_in

    if options.start_from is not None:
        raise InvalidRequest("--start-from starts a training and --resume resumes one; give one of them.")
    folder, out = options.resume, options.out or options.resume
    config, lines, state = checkpoint_in(folder)
    config = replace(config, **(_flags(options) | _set(config.model, config.data, options.set)))
    return _follow(config, options.format, out, state, lines if out == folder else 0)


def _follow(
    config: TrainConfig,
    format: str,
    out: Path | None = None,
    start: Mapping[str, Any] | None = None,
    lines: int = 0,
    weights: StartWeights | None = None,
) -> int:
    """Print each event as it comes, and keep it in the folder `out`, of which the first lines stay."""
    with without_collection():
        from core.commands.event_texts import training_text
        from core.runs.run_folder import Folder
        from core.training.checkpoint import check_fits
        from core.training.events import EpochCompleted, TrainingDiverged
        from core.training.loop import train

    if start:
        check_fits(config, start)  # before the folder loses lines
    epochs, code = 0, OK

    def watch(event: Any) -> None:
        nonlocal epochs, code
        epochs += isinstance(event, EpochCompleted)
        code = DIVERGED if isinstance(event, TrainingDiverged) else code

    with contextlib.ExitStack() as stack:
        sinks: list[Sink] = [event_printer(format, training_text), watch]
        if out:
            sinks.insert(0, stack.enter_context(contextlib.closing(Folder(out, lines))).add)
        complete = run_job(train(config, start, CHECKPOINT_EVERY_S if out else None, weights), *sinks)
    if not complete:
        print(f"Stopped after {epochs} of {config.epochs} epochs.", file=sys.stderr)
        return INTERRUPTED
    return code


def _ensemble(options: argparse.Namespace) -> int:
    """Train with several seeds and each of the varied values; the ranking comes last."""
    if options.out or options.resume:
        raise InvalidRequest("--seeds and --vary go with neither --out nor --resume.")
    training = _config(options.name, options)
    seeds = DEFAULT_SEEDS if options.seeds is None else options.seeds
    kind = EnsembleConfig if options.ray is None else ClusterEnsembleConfig
    config = kind(training, seeds, _varied(training, options.vary), training.threads)

    from core.commands.event_texts import ensemble_text, node_text

    with contextlib.closing(_events_of(config, options.ray)) as events:
        show = event_printer(options.format, lambda event: node_text(event) or ensemble_text(event))
        if not run_job(events, show, log_every_s=LOG_EVERY_S if options.ray else None):
            print("Stopped.", file=sys.stderr)
            return INTERRUPTED
    return OK


def _events_of(config: EnsembleConfig, ray: str | None) -> Generator[Any]:
    """The ensemble's events, of this machine or of the cluster at an address."""
    if isinstance(config, ClusterEnsembleConfig):
        from core.training.ensembles.on_cluster import train_ensemble_on

        yield from train_ensemble_on(str(ray), config)
    else:
        from core.training.ensembles.job import train_ensemble

        yield from train_ensemble(config)


def _varied(training: TrainConfig, texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Each setting's values out of "key=v,v"; lists of numbers are separated by ";"."""
    values: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        key, found, joined = text.partition("=")
        if not found or not joined:
            raise InvalidRequest(f"--vary {text!r} is not possible; write key=value,value.")
        parts = joined.split(";" if ";" in joined or key == "hidden" else ",")
        each = (_set(training.model, training.data, [f"{key}={part}"]) for part in parts)
        values[NAMES_IN_0_1.get(key, key)] = tuple(_innermost(settings) for settings in each)
    return values


def _innermost(settings: Mapping[str, Any]) -> Any:
    """The value out of {"activation": "tanh"}, or out of {"model_options": {"depth": 3}}."""
    value = next(iter(settings.values()))
    return next(iter(value.values())) if isinstance(value, Mapping) else value


def _classical(options: argparse.Namespace) -> int:
    """What each classical method reaches on the data."""
    for flag, given in (("--seeds", options.seeds), ("--vary", options.vary), ("--out", options.out)):
        if given:
            raise InvalidRequest(f"{flag} is for trainings of networks; classical methods take none.")
    config = _config("mlp", options)
    if config.start_from or config.resume_from:
        raise InvalidRequest(
            "Classical methods take no weights of a run: leave start_from and resume_from out."
        )

    from core.commands.event_texts import classical_text
    from core.experiments.baselines import compare

    if not run_job(compare(config), event_printer(options.format, classical_text)):
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    return OK


def _config(model: str, options: argparse.Namespace) -> TrainConfig:
    """The preset of this network and its data, with the flags and then the --set texts over it."""
    given = _flags(options)
    data, of_table = user_table.chosen(given.pop("data", None) or default_data(model), options)
    # Nobody sees pictures here.
    given = {"snapshot_every_s": None, "snapshots": ()} | given | _set(model, data, options.set)
    if of_table:
        given["data_options"] = of_table | given.get("data_options", {})
    config = default_config(model, data, **given)
    if "file" in of_table:
        user_table.print_preview(config.data, config.data_options)
    if "archive" in of_table:
        user_table.print_images(of_table["archive"])
    return config


def _set(model: str, data: str, texts: Sequence[str]) -> dict[str, Any]:
    """What --set gives, by the names of TrainConfig's fields."""
    pairs = (text.partition("=") for text in texts)
    renamed = [
        NAMES_IN_0_1.get(name.strip().replace("-", "_"), name) + "".join(rest) for name, *rest in pairs
    ]
    return from_texts(model, data, renamed)


def _flags(options: argparse.Namespace) -> dict[str, Any]:
    """The flags that were given, by the names of TrainConfig's fields."""
    return {name: value for name in FLAGS if (value := getattr(options, name)) is not None}


def _list(options: argparse.Namespace) -> int:
    """Every network with the data that it takes."""
    rows = [
        {
            "model": name,
            "name": model.name,
            "data": applicable_data(name),
            "activations": model.activations,
            "settings": [setting for setting in SETTINGS if setting not in not_used(name)],
            "options": _described(model.options),
            "data_options": {
                data: _described(DATASETS[data].options)
                for data in applicable_data(name)
                if DATASETS[data].options
            },
        }
        for name, model in MODELS.items()
    ]
    print_rows(rows, options.format, _list_line)
    return OK


def _described(options: Mapping[str, Option]) -> dict[str, dict[str, Any]]:
    """What each option is and may be."""
    shown = ("help", "default", "min", "max")
    return {
        key: {name: getattr(option, name) for name in shown}
        | {"choices": None if option.choices is None else [*option.choices]}
        for key, option in options.items()
    }


def _list_line(row: Mapping[str, Any]) -> str:
    options = "".join(f"  {key}={option['default']}" for key, option in row["options"].items())
    unused = not_used(row["model"])
    without = f"  (without {', '.join(unused)})" if unused else ""
    return f"{row['model']:<12} {row['name']:<14} {', '.join(row['data'])}{options}{without}"


def _export(options: argparse.Namespace) -> int:
    """Export a run of a folder or of the run store, and print the paths of the files."""
    from core.export.archive import write

    for path in write(user_table.run_of(options.run), options.out):
        print(path)
    return OK


def parsers(prog: str) -> tuple[Parser, ...]:
    """Those of this command line, for the reference."""
    from core.commands import landscape, layers

    return (
        _parser(prog),
        user_table.show_parser(f"{prog} table"),
        user_table.predict_parser(f"{prog} predict"),
        layers.parser(f"{prog} layers"),
        landscape.parser(f"{prog} landscape"),
        _export_parser(f"{prog} export"),
    )


def _parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog,
        description="Train one network and print what happens. Settings that are left out take the values "
        "that suit the network and its data.",
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        choices=["list", "classical", *MODELS],
        help=f"{', '.join(MODELS)}; list, for the data and options of each; classical, for classical "
        "methods on --data; export, to export a run; predict, to use one on new rows; table, to see how a "
        "CSV file is read; layers, for what each layer costs; or landscape, for the loss around a run",
    )
    for name, setting in FLAGS.items():
        add_flag(parser, name, setting, setting.flag)
    add_set(parser, "any setting, or an option of this network or data (`list` names them)")
    user_table.add_flags(parser)
    add_flag(parser, "seeds", ENSEMBLE_SETTINGS["seeds"], "N", str(DEFAULT_SEEDS))
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=V,V",
        help="train each of these values with all seeds and rank them; values of hidden are separated by ';'",
    )
    add_ray(parser, "share out the trainings of --seeds and --vary among its nodes")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep events and checkpoints in this folder, to resume from"
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="DIR",
        help="resume from a folder's checkpoint, in it or in --out; --set then changes settings from there",
    )
    add_formats(parser, JSON)
    return parser


def _export_parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog,
        description="Export a run: a script that repeats it, its weights, its network as ONNX, its metrics. "
        "README.txt says what each file is.",
    )
    parser.add_argument("run", metavar="RUN", help="the folder of --out, or the address of a run on the page")
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="where to write the files")
    return parser
