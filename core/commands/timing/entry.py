"""A command of timing: its name, its help, its flags and the function that does it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from core.commands.output import CSV, JSON, MARKDOWN, add_formats
from core.commands.parser import Parser


@dataclass(frozen=True)
class Command:
    """run(options) returns the exit code; add_arguments(parser) adds the flags that only this command has."""

    name: str
    run: Callable[[argparse.Namespace], int]
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    formats: tuple[str, ...] = (JSON, CSV, MARKDOWN)

    def add_to(self, commands: argparse._SubParsersAction[Parser]) -> None:
        """Its parser, among those of the other commands."""
        parser = commands.add_parser(
            self.name, help=self.help, description=f"{self.help[0].upper()}{self.help[1:]}."
        )
        parser.set_defaults(run=self.run)
        add_formats(parser, *self.formats)
        self.add_arguments(parser)
