"""Every command of timing with its arguments, and the function that does it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from core.commands.output import CSV, JSON, MARKDOWN, add_formats
from core.commands.parser import Parser, add_ray
from core.commands.timing import arguments, frameworks, judging, listing, measuring, together
from core.timing.collectives.config import SETTINGS as COLLECTIVES
from core.timing.quick_check.config import SETTINGS
from core.timing.stress.config import SETTINGS as STRESS
from core.timing.sweeps.suites import SUITES
from core.timing.together.config import SETTINGS as TOGETHER
from core.timing.workloads import WORKLOADS


def command(words: Sequence[str], prog: str = "python -m core.timing") -> int:
    """Run one command; returns the exit code."""
    options = _parser(prog).parse_args(words)
    return int(options.run(options))


def _parser(prog: str) -> Parser:
    parser = Parser(prog=prog, description="Measure operations on the devices of this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str,
        run: Callable[[argparse.Namespace], int],
        help: str,
        formats: Sequence[str] = (JSON, CSV, MARKDOWN),
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        added.set_defaults(run=run)
        add_formats(added, *formats)
        return added

    add("list", listing.list_workloads, "what can be measured")

    check = add(
        "check",
        measuring.check,
        "is this machine as fast as it should be? A verdict in a minute, with what to look at",
        formats=[JSON, MARKDOWN],
    )
    arguments.add_axes(check, ("devices",))
    arguments.add_settings(check, SETTINGS, ("max_seconds", "seed"))
    check.add_argument("--strict", action="store_true", help="exit code 1 unless the machine is good")
    check.add_argument(
        "--host", action="store_true", help="name this host in --markdown, which is made to be shared"
    )
    arguments.add_out(check)

    stress = add(
        "stress",
        measuring.stress,
        "keep devices at work for minutes: rate, heat, throttling, wrong results; exits 1 on these",
        formats=[JSON],
    )
    arguments.add_axes(stress, ("devices",))
    arguments.add_settings(stress, STRESS, ("dtype", "minutes", "max_celsius", "seed"))
    arguments.add_out(stress)

    collectives = add(
        "collectives",
        together.collectives,
        "what processes pay for talking to each other: all-reduce, broadcast ... against message size",
        formats=[JSON],
    )
    arguments.add_settings(collectives, COLLECTIVES, COLLECTIVES)
    collectives.add_argument(
        "--processes", type=int, metavar="N", help="start so many here; else run this under torchrun"
    )
    arguments.add_out(collectives)

    several = add(
        "together",
        together.together,
        "several devices at work at once against one at a time: do they share power or a link?",
        formats=[JSON],
    )
    arguments.add_settings(several, TOGETHER, TOGETHER)
    arguments.add_out(several)

    run = add("run", measuring.run, "measure workloads")
    run.add_argument("workloads", metavar="WORKLOAD", nargs="+", help="as `list` names them, or a family")
    arguments.add_axes(run)
    arguments.add_limits(run)
    add_ray(run, "measure on each of its nodes and compare them")

    suite = add(
        "suite", measuring.suite, "measure a ready choice of workloads, and what they say of the machine"
    )
    suites = "; ".join(f"{name}: {entry.title}" for name, entry in SUITES.items())
    suite.add_argument("suite", metavar="SUITE", choices=tuple(SUITES), help=suites)
    arguments.add_axes(suite, arguments.all_axes_but("steps"))
    arguments.add_limits(suite)
    add_ray(suite, "measure on each of its nodes and compare them")

    roofline = add(
        "roofline",
        measuring.roofline,
        "find the best matrix product of each format and the copy bandwidth, and place workloads under them",
    )
    roofline.add_argument(
        "workloads", metavar="WORKLOAD", nargs="*", help="to place under the roof (all but activations)"
    )
    arguments.add_axes(roofline, ("dtypes", "devices", "threads"))
    arguments.add_limits(roofline)

    speedup = add(
        "speedup", measuring.speedup, "measure how many times faster accelerators are, and from which size on"
    )
    speedup.add_argument(
        "workloads", metavar="WORKLOAD", nargs="*", help="as `list` names them, or a family (gemm)"
    )
    arguments.add_axes(speedup, arguments.all_axes_but("data"))
    arguments.add_limits(speedup)

    help = "compare this machine's NumPy, PyTorch, JAX, TensorFlow and others at the same work"
    frameworks.add_arguments(add("frameworks", frameworks.frameworks, help))

    compare = add("compare", judging.compare, "compare two results, with a verdict for each point")
    compare.add_argument("baseline", metavar="A.json", help="the result to compare with")
    compare.add_argument("candidate", metavar="B.json", help="the result to judge")
    arguments.add_out(compare)

    gate = add("gate", judging.gate, "measure a baseline's points again; exits 1 on a confirmed regression")
    gate.add_argument("baseline", metavar="BASELINE.json", help="a result of this machine")
    arguments.add_point_limits(gate, max_seconds="2")
    arguments.add_out(gate)

    report = add("report", judging.report, "a result as a Markdown page")
    report.add_argument(
        "file", metavar="FILE.json", nargs="?", help="a result; without one, `suite quick` is measured"
    )
    report.add_argument("--node", metavar="NAME", help="of a result of several nodes (--ray), that of one")
    arguments.add_axes(report, ("devices", "threads"))
    arguments.add_limits(report)

    title = WORKLOADS["gemm"].title.lower()
    help = f"{title} over sizes, formats, devices and threads, without calibration or conclusions"
    gemm = add("gemm", measuring.gemm, help, formats=[JSON])
    own = {"sizes": "256,512,1024", "dtypes": "float32", "devices": "cpu"}
    arguments.add_axes(gemm, arguments.all_axes_but("steps", "data"), **own)
    arguments.add_limits(gemm, max_seconds="2")
    gemm.set_defaults(
        sizes=(256, 512, 1024), dtypes=("float32",), devices=("cpu",), max_seconds=2.0, target_ci=0.01
    )
    return parser
