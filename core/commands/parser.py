"""argparse as every command uses it: an error is one sentence, and lists are separated by commas."""

from __future__ import annotations

import argparse
from typing import NoReturn

from core.errors import InvalidRequest


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are InvalidRequest, so that they end as every other bad request does."""

    def error(self, message: str) -> NoReturn:
        """Raise InvalidRequest with argparse's message as a sentence."""
        raise InvalidRequest(f"{message[0].upper()}{message[1:]}; see {self.prog} --help.")


def names(text: str) -> tuple[str, ...]:
    """Words separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def whole_numbers(text: str) -> tuple[int, ...]:
    """Whole numbers separated by commas. Raises what argparse expects of a type for anything else."""
    try:
        return tuple(int(number) for number in text.split(",") if number.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 16,32") from None


def add_set(parser: argparse.ArgumentParser, help: str, metavar: str = "KEY=VALUE") -> None:
    """--set, which may be repeated."""
    parser.add_argument(
        "--set", action="append", default=[], metavar=metavar, help=f"{help}; may be repeated"
    )
