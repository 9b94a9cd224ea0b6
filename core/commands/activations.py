"""`python -m core.activations` or `nablascope activations`: what activation functions do and cost."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.activations import ACTIVATIONS, Activation, find
from core.activations.expressions.expression import is_expression
from core.commands.exit_codes import INTERRUPTED, OK
from core.commands.job import as_record, run_job
from core.commands.output import CSV, JSON, TEXT, add_formats, cell, print_lines, print_rows
from core.commands.parser import Parser, add_flag, add_set
from core.errors import InvalidRequest
from core.settings import from_texts

if TYPE_CHECKING:
    from core.experiments.signal_propagation import DepthConfig


def command(words: Sequence[str], prog: str = "python -m core.activations") -> int:
    """Run one command; returns the exit code."""
    options = _parser(prog).parse_args(words)
    return int(options.run(options))


def _list(options: argparse.Namespace) -> int:
    """All functions, one a line."""
    rows = [
        {
            "key": key,
            "name": entry.name,
            "aliases": ", ".join(entry.aliases),
            "year": entry.source.year,
            "trains": not entry.unfit,
            "use": entry.use,
        }
        for key, entry in ACTIVATIONS.items()
    ]
    print_rows(
        rows, options.format, lambda row: f"{row['key']:<16} {row['name']:<15} {row['year']}  {row['use']}"
    )
    return OK


def _show(options: argparse.Namespace) -> int:
    """All that is known of one function."""
    from core.activations.properties import properties

    key = _key(options.name)
    entry = find(key)
    given = _settings(entry, options)
    found = properties(entry, **given)
    row = {
        "key": key,
        "name": entry.name,
        "aliases": ", ".join(entry.aliases) or None,
        "formula": entry.latex,
        "derivative": entry.derivative_latex,
        "parameters": given,
        "lowest": found.lowest,
        "highest": found.highest,
        "monotonic": found.monotonic,
        "continuous_derivatives": found.continuous_derivatives,
        "jumps": found.jumps,
        "kinks": found.kinks,
        "bends": found.bends,
        "bounded": found.bounded,
        "zero_centred": found.zero_centred,
        "mean_output": found.mean_output,
        "lipschitz": found.lipschitz,
        "saturates_below": found.saturates_below,
        "saturates_above": found.saturates_above,
        "dead": found.dead,
        "not_determined": found.undetermined or None,
        "unfit_for_training": entry.unfit or None,
        "year": entry.source.year,
        "paper": f"{entry.source.authors}: {entry.source.title}",
        "url": entry.source.url,
        "use": entry.use or None,
        "note": entry.note,
        "note_zh": entry.note_zh,
    }
    print_rows([row], options.format, _one_a_line)
    return OK


def _one_a_line(row: Mapping[str, Any]) -> str:
    return "\n".join(f"{name.replace('_', ' '):<24}{cell(value)}" for name, value in row.items())


def _curve(options: argparse.Namespace) -> int:
    """x, f(x) and f'(x), one point a line."""
    from core.activations.curves import curves

    key = _key(options.name)
    given = _settings(find(key), options)
    drawn = curves({key: given}, options.low, options.high, options.points)
    columns = (drawn.x.tolist(), drawn.values[key].tolist(), drawn.derivatives[key].tolist())
    rows = [dict(zip(("x", "f", "derivative"), row, strict=True)) for row in zip(*columns, strict=True)]
    print_rows(
        rows, options.format, lambda row: f"{row['x']:>12.6g} {row['f']:>12.6g} {row['derivative']:>12.6g}"
    )
    return OK


def _depth(options: argparse.Namespace) -> int:
    """What many layers do to signal and gradient: a line a function, or with --json and --csv one a layer."""
    from core.experiments.signal_propagation import DepthConfig

    configs = [
        DepthConfig(
            activation=_key(name),
            layers=options.layers,
            width=options.width,
            initialisation=options.init,
            gain=options.gain,
            bias_std=options.bias,
            seed=options.seed,
        )
        for name in options.names
    ]
    if options.format == TEXT:
        print_lines(_depth_table(configs))
    else:
        print_rows([row for config in configs for row in _layers(config)], options.format, str)
    return OK


def _depth_table(configs: Sequence[DepthConfig]) -> Iterator[str]:
    """A header, and a line a function as soon as it is known."""
    from core.experiments.signal_propagation import predict, propagate

    yield f"{'':<24}{'gradient left':>15}{'a layer':>10}{'in theory':>12}{'last variance':>15}"
    for config in configs:
        found = propagate(config)
        if found.overflows_at:
            yield f"{config.activation:<24}beyond float32 from layer {found.overflows_at} on"
        else:
            yield (
                f"{config.activation:<24}{found.gradient_ratio:>15.3g}{found.per_layer:>10.3f}"
                f"{predict(config).phase:>12}{found.variance[-1]:>15.3g}"
            )


def _layers(config: DepthConfig) -> Iterator[dict[str, Any]]:
    """What one function does to signal and gradient, one row a layer."""
    from core.experiments.signal_propagation import predict, propagate

    found, theory = propagate(config), predict(config)
    names = ("mean", "variance", "second_moment", "gradient", "dead", "saturated")
    figures = {name: getattr(found, name) for name in names}
    figures |= {"variance_in_theory": theory.variance, "gradient_in_theory": theory.gradient}
    for layer in range(config.layers):
        row = {name: float(values[layer]) for name, values in figures.items()}
        yield {"activation": config.activation, "layer": layer + 1} | row


def _cost(options: argparse.Namespace) -> int:
    """What each function costs on this machine: time, bandwidth, fusion, and memory saved for backward."""
    from core.timing.activation_cost.config import CostConfig
    from core.timing.activation_cost.job import cost
    from core.timing.activation_cost.table import cost_rows

    config = CostConfig(
        activations=tuple(_key(name) for name in options.names),
        size=options.size,
        dtype=options.dtype,
        device=options.device,
        threads=options.threads,
        max_seconds=options.max_seconds,
        compare_unfused=options.unfused,
        seed=options.seed,
    )
    records: list[dict[str, Any]] = []
    if not run_job(cost(config), lambda event: records.append(as_record(event))):
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    absent = [record["reason"] for record in records if record["event"] == "device_absent"]
    if absent:
        raise InvalidRequest(f"{options.device} is not here: {absent[0].rstrip('.')}.")
    for record in records:
        if record["event"] == "measurement_failed":
            print(f"{record['workload']} {record['step']} failed: {record['reason']}", file=sys.stderr)
    print_rows(cost_rows(records), options.format, _cost_line)
    return OK


def _cost_line(row: Mapping[str, Any]) -> str:
    """One function and step for people."""
    parts = [
        f"{row['median_s'] * 1e6:>11.1f} µs {row['gbps']:>8.3g} GB/s",
        *([row["limit"]] if row["limit"] else []),
    ]
    parts += ["fastest" if row["times_as_long"] == 1 else "tied with the fastest"] if row["tied"] else []
    parts += [f"{row['times_as_long']:.3g}x the fastest"] if row["tied"] is False else []
    parts += [f"saves {row['saved_bytes']:.3g} B/element"] if row["saved_bytes"] is not None else []
    if row["verdict"]:
        parts.append(f"fused {row['fused_times_as_fast']:.3g}x as fast as unfused: {row['verdict']}")
    parts += [f"! {row['contamination']}"] if row["contamination"] else []
    return f"{row['activation']:<16} {row['step']:<9}{', '.join(parts)}"


def _key(name: str) -> str:
    """The key of a function that is called by key, name or alias, in capitals or not, or an expression."""
    wanted = name.strip().casefold()
    called = {
        word.casefold(): key
        for key, entry in ACTIVATIONS.items()
        for word in (*entry.aliases, entry.name, key)
    }
    if wanted in called:
        return called[wanted]
    if is_expression(name):
        return name.strip()
    near = difflib.get_close_matches(wanted[:40], called, 3)
    hint = f"did you mean {' or '.join(near)}?" if near else "`list` names them all."
    raise InvalidRequest(f"There is no activation {name[:40]!r}; {hint}")


def _settings(entry: Activation, options: argparse.Namespace) -> dict[str, float]:
    """The parameters, from --set name=value."""
    return entry.with_defaults(from_texts(entry.options, options.set, "alpha=2", f" of {entry.name}"))


def parsers(prog: str) -> tuple[Parser, ...]:
    """Those of this command line, for the reference."""
    return (_parser(prog),)


def _parser(prog: str) -> Parser:
    parser = Parser(prog=prog, description="What activation functions do.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        added.set_defaults(run=run)
        add_formats(added, JSON, CSV)
        return added

    add("list", _list, "all functions, one a line")
    _add_function(add("show", _show, "formula, properties and source of one function"))
    curve = add("curve", _curve, "x, value and derivative of one function")
    _add_function(curve)
    curve.add_argument("--from", type=float, default=-6.0, dest="low", metavar="X", help="left end (-6)")
    curve.add_argument("--to", type=float, default=6.0, dest="high", metavar="X", help="right end (6)")
    curve.add_argument("--points", type=int, default=25, metavar="N", help="how many, both ends too (25)")
    _add_depth(add("depth", _depth, "a signal and a gradient through many layers, measured and in theory"))
    _add_cost(add("cost", _cost, "measure time and bandwidth on this machine"))
    return parser


def _add_function(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="as `list` names it, or another name, or an expression of x"
    )
    add_set(parser, "a parameter", metavar="NAME=VALUE")


def _add_depth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="as `list` names them, or expressions of x")
    parser.add_argument("--layers", type=int, default=50, metavar="N", help="how many (50)")
    parser.add_argument("--width", type=int, default=256, metavar="N", help="units a layer (256)")
    parser.add_argument(
        "--init",
        default="xavier",
        metavar="NAME",
        help="initialization of the weights: xavier, he, lecun, orthogonal or normal (xavier)",
    )
    parser.add_argument("--gain", type=float, default=1.0, metavar="G", help="factor of the weights (1)")
    parser.add_argument(
        "--bias", type=float, default=0.0, metavar="S", help="standard deviation of the biases (0)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and inputs (0)")


def _add_cost(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="as `list` names them, or expressions of x")
    from core.timing.activation_cost.config import SETTINGS

    defaults = {
        "size": 2**18,
        "dtype": "float32",
        "device": "cpu",
        "threads": 1,
        "max_seconds": 0.3,
        "seed": 0,
    }
    for name, default in defaults.items():
        setting = SETTINGS[name]
        add_flag(parser, name, setting, setting.metavar, str(default), default=default)
    unfused = SETTINGS["compare_unfused"]
    add_flag(parser, unfused.flag, unfused, aliases=unfused.aliases)
