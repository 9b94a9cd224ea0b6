"""The command line: `python -m core.activations show gelu`; `--help` tells the rest."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import math
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from core.activations import ACTIVATIONS, Activation, find
from core.activations.expressions.expression import is_expression
from core.errors import InvalidRequest
from core.tables import csv_of_records

OK, BAD_INPUT, INTERRUPTED = 0, 2, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidRequest(f"{message[0].upper()}{message[1:]}; see {self.prog} --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
        options.command(options)
    except InvalidRequest as error:
        print(_on_one_line(str(error)), file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    return OK


def _list(options: argparse.Namespace) -> None:
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
    _show(rows, options, lambda row: f"{row['key']:<16} {row['name']:<15} {row['year']}  {row['use']}")


def _show_one(options: argparse.Namespace) -> None:
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
        "unfit_for_training": entry.unfit or None,
        "year": entry.source.year,
        "paper": f"{entry.source.authors}: {entry.source.title}",
        "url": entry.source.url,
        "use": entry.use or None,
        "note": entry.note,
        "note_zh": entry.note_zh,
    }
    if options.json or options.csv:
        _show([row], options, str)
    else:
        for name, value in row.items():
            print(f"{name.replace('_', ' '):<24}{_plain(value)}")


def _curve(options: argparse.Namespace) -> None:
    """x, f(x) and f'(x), one place a line."""
    from core.activations.curves import curves

    key = _key(options.name)
    given = _settings(find(key), options)
    drawn = curves({key: given}, options.low, options.high, options.points)
    columns = (drawn.x.tolist(), drawn.values[key].tolist(), drawn.derivatives[key].tolist())
    rows = [dict(zip(("x", "f", "derivative"), row, strict=True)) for row in zip(*columns, strict=True)]
    _show(rows, options, lambda row: f"{row['x']:>12.6g} {row['f']:>12.6g} {row['derivative']:>12.6g}")


def _depth(options: argparse.Namespace) -> None:
    """What many layers do to signal and gradient: a line a function, or with --json and --csv one a layer."""
    from core.experiments.signal_propagation import DepthConfig, predict, through_depth

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
    if not (options.json or options.csv):
        print(f"{'':<24}{'gradient kept':>15}{'a layer':>10}{'in theory':>12}{'last variance':>15}")
    for config in configs:
        found, theory = through_depth(config), predict(config)
        if options.json or options.csv:
            figures = {
                name: getattr(found, name)
                for name in ("mean", "variance", "second_moment", "gradient", "dead", "saturated")
            }
            figures |= {"variance_in_theory": theory.variance, "gradient_in_theory": theory.gradient}
            rows = [
                {"activation": config.activation, "layer": layer + 1}
                | {name: float(values[layer]) for name, values in figures.items()}
                for layer in range(config.layers)
            ]
            _show(rows, options, str)
        elif found.overflows_at:
            print(f"{config.activation:<24}beyond float32 from layer {found.overflows_at} on")
        else:
            print(
                f"{config.activation:<24}{found.gradient_kept:>15.3g}{found.per_layer:>10.3f}"
                f"{theory.phase:>12}{found.variance[-1]:>15.3g}",
                flush=True,
            )


def _cost(options: argparse.Namespace) -> None:
    """What each function costs on this machine: time, bandwidth, fusion, and memory kept for backward."""
    from core.events import Progress, event_record
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
        compare_unfused=options.composed,
        seed=options.seed,
    )
    records = [event_record(event) for event in cost(config) if not isinstance(event, Progress)]
    absent = [record["reason"] for record in records if record["event"] == "device_absent"]
    if absent:
        raise InvalidRequest(f"{options.device} is not here: {absent[0].rstrip('.')}.")
    for record in records:
        if record["event"] == "measurement_failed":
            print(f"{record['workload']} {record['step']} failed: {record['reason']}", file=sys.stderr)
    _show(cost_rows(records), options, _cost_line)


def _cost_line(row: dict[str, Any]) -> str:
    """One function and step for people."""
    told = [
        f"{row['median_s'] * 1e6:>11.1f} µs {row['gbps']:>8.3g} GB/s",
        *([row["limit"]] if row["limit"] else []),
    ]
    told += ["fastest" if row["times_as_long"] == 1 else "tied with the fastest"] if row["tied"] else []
    told += [f"{row['times_as_long']:.3g}x the fastest"] if row["tied"] is False else []
    told += [f"saves {row['saved_bytes']:.3g} B/element"] if row["saved_bytes"] is not None else []
    if row["verdict"]:
        told.append(f"fused {row['fused_times_as_fast']:.3g}x as fast as unfused: {row['verdict']}")
    told += [f"! {row['contamination']}"] if row["contamination"] else []
    return f"{row['activation']:<16} {row['step']:<9}{', '.join(told)}"


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
    given = {}
    for text in options.set:
        name, equals, value = text.partition("=")
        try:
            given[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise InvalidRequest(f"--set {text!r} is not possible; write it as name=number, such as alpha=2.")
    return entry.with_defaults(given)


def _show(rows: list[dict[str, Any]], options: argparse.Namespace, line: Callable[[Any], str]) -> None:
    if options.json:
        for row in rows:
            print(json.dumps(_finite(row), ensure_ascii=False))
    elif options.csv and rows:
        plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
        print(csv_of_records(plain), end="")
    else:
        for row in rows:
            print(line(row), flush=True)


def _finite(value: Any) -> Any:
    """JSON knows no infinity: it becomes the text "inf" or "-inf"."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_finite(part) for part in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, dict):
        return "; ".join(f"{name}={part:g}" for name, part in value.items()) or "none"
    if isinstance(value, tuple | list):
        return "; ".join(_plain(part) if isinstance(part, tuple) else str(part) for part in value) or "none"
    return repr(value) if isinstance(value, float) else str(value)


def _on_one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core.activations", description="What activation functions do.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, says, add_options) in _COMMANDS.items():
        command = commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.")
        command.set_defaults(command=run)
        add_options(command)
        forms = command.add_mutually_exclusive_group()
        forms.add_argument("--json", action="store_true", help="one JSON object a line")
        forms.add_argument("--csv", action="store_true", help="comma-separated values")
    return parser


def _show_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "name", metavar="NAME", help="as `list` names it, or another name, or an expression of x"
    )
    command.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter; may be repeated"
    )


def _curve_options(command: argparse.ArgumentParser) -> None:
    _show_options(command)
    command.add_argument("--from", type=float, default=-6.0, dest="low", metavar="X", help="left end (-6)")
    command.add_argument("--to", type=float, default=6.0, dest="high", metavar="X", help="right end (6)")
    command.add_argument("--points", type=int, default=25, metavar="N", help="places, both ends too (25)")


def _depth_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("names", nargs="+", metavar="NAME", help="as `list` names them")
    command.add_argument("--layers", type=int, default=50, metavar="N", help="how many (50)")
    command.add_argument("--width", type=int, default=256, metavar="N", help="units a layer (256)")
    command.add_argument(
        "--init",
        default="xavier",
        metavar="NAME",
        help="how weights are drawn: xavier, he, lecun, orthogonal or normal (xavier)",
    )
    command.add_argument("--gain", type=float, default=1.0, metavar="G", help="what weights are times (1)")
    command.add_argument("--bias", type=float, default=0.0, metavar="S", help="spread of biases (0)")
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and inputs (0)")


def _cost_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("names", nargs="+", metavar="NAME", help="as `list` names them, or expressions of x")
    command.add_argument("--size", type=int, default=2**18, metavar="N", help="elements (262144)")
    command.add_argument("--dtype", default="float32", metavar="NAME", help="number format (float32)")
    command.add_argument(
        "--device", default="cpu", metavar="NAME", help="cpu, or torch's name of a GPU (cpu)"
    )
    command.add_argument(
        "--threads", type=int, default=1, metavar="N", help="CPU threads; 0 is all usable cores (1)"
    )
    command.add_argument(
        "--composed", action="store_true", help="also set torch's one call against the formula written out"
    )
    command.add_argument(
        "--max-seconds", type=float, default=0.3, metavar="S", help="longest a point may take (0.3)"
    )
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of the random numbers (0)")


_COMMANDS: dict[
    str, tuple[Callable[[argparse.Namespace], None], str, Callable[[argparse.ArgumentParser], None]]
] = {
    "list": (_list, "all functions, one a line", lambda command: None),
    "show": (_show_one, "formula, properties and source of one function", _show_options),
    "curve": (_curve, "x, value and derivative of one function", _curve_options),
    "depth": (_depth, "a signal and a gradient through many layers, measured and in theory", _depth_options),
    "cost": (_cost, "measure time and bandwidth on this machine", _cost_options),
}


if __name__ == "__main__":
    # A reader that closes the pipe early (`| head`) is no error.
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
