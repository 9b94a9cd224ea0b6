"""The `nablascope` command: every room's command line under one name."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence

from core.commands.command_line import run_command
from core.commands.parser import Parser

# Each command: its module, which is imported when it is named, its function there where that is not
# command(), and its line of help.
COMMANDS = {
    "run": ("core.commands.dashboard", "start the dashboard"),
    "timing": ("core.commands.timing", "measure operations on the devices of this machine"),
    "training": ("core.commands.training", "train a network, resume it, export it"),
    "runs": ("core.commands.runs", "list the dashboard's runs, rename and delete them"),
    "backup": (
        "core.commands.backup:backup_command",
        "copy all runs, also while a server runs",
    ),
    "restore": ("core.commands.backup:restore_command", "fill the data folder from such a copy"),
    "monitor": ("core.commands.monitor", "what the processor, the memory and every GPU do now"),
    "compile": ("core.commands.compiling", "compile the training steps of small networks, once"),
    "activations": ("core.commands.activations", "what activation functions do, and what they cost"),
    "experiments": ("core.commands.experiments", "measure what text-books say"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    return run_command(_dispatch, arguments)


def _dispatch(words: Sequence[str]) -> int:
    """Each command parses the words after its name itself: the parsers of the others need not be built."""
    if words and words[0] in COMMANDS:
        module, _, function = COMMANDS[words[0]][0].partition(":")
        command = getattr(importlib.import_module(module), function or "command")
        return int(command(words[1:], f"nablascope {words[0]}"))
    _parser().parse_args(words)
    raise AssertionError(words)  # argparse has printed the help, or refused


def parsers() -> Iterator[Parser]:
    """Each command's parser, those of its own commands inside it, and those that it keeps apart."""
    for name, (place, _) in COMMANDS.items():
        module, _, function = place.partition(":")
        of_module = function.replace("_command", "_parsers") or "parsers"
        yield from getattr(importlib.import_module(module), of_module)(f"nablascope {name}")


def _parser() -> Parser:
    parser = Parser(
        prog="nablascope",
        description="Explore what deep learning is made of, in a browser or from a script.",
        epilog="Exit codes: 0 done; 1 a training that diverged or a confirmed regression; 2 a request that "
        "cannot be met, with one sentence that says why; 130 interrupted. "
        "`nablascope COMMAND --help` lists the rest.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (_, help) in COMMANDS.items():
        commands.add_parser(name, help=help)
    return parser
