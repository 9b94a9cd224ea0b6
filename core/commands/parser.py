"""argparse as every command uses it: an error is one sentence, and lists are separated by commas."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from core.cluster.address import host_and_port
from core.errors import InvalidRequest
from core.options import Option


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are InvalidRequest, so that they end as every other bad request does."""

    def error(self, message: str) -> NoReturn:
        """Raise InvalidRequest with argparse's message as a sentence."""
        raise InvalidRequest(f"{message[0].upper()}{message[1:]}; see {self.prog} --help.")

    def print_help(self, file: Any = None) -> None:
        """As argparse does, which keeps silent where the help cannot be written."""
        print(self.format_help(), end="", file=file, flush=True)


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


def add_ray(parser: argparse.ArgumentParser, help: str) -> None:
    """--ray, checked where it is parsed."""
    parser.add_argument(
        "--ray",
        type=_ray_address,
        metavar="HOST:PORT",
        help=f"the address of a Ray cluster: {help} (needs requirements-ray.txt; docs/cluster.md)",
    )


def _ray_address(text: str) -> str:
    try:
        host_and_port(text)
    except InvalidRequest as refusal:
        raise argparse.ArgumentTypeError(str(refusal).rstrip(".")) from None
    return text


def add_flag(
    parser: argparse.ArgumentParser,
    flag: str,
    setting: Option,
    metavar: str | None = None,
    without: str = "",
    aliases: tuple[str, ...] = (),
    **more: Any,
) -> None:
    """The flag of one setting, such as --batch-size N, whose help is what its entry says.

    `without` says what holds where it is left out; aliases are older flags, which --help leaves out; `more`
    is for add_argument().
    """
    choices = f": {', '.join(setting.choices)}" if setting.choices else ""
    default = f" ({without})" if without else ""
    if setting.type is bool:
        kind: dict[str, Any] = {"action": "store_true"}
    else:
        lists = {int: whole_numbers, str: names}
        kind = {"type": lists[setting.type] if setting.many else setting.type, "metavar": metavar}
    help = f"{setting.help.rstrip('.')}{choices}{default}".replace("%", "%%")
    added = parser.add_argument(f"--{flag.replace('_', '-')}", help=help, **kind, **more)
    for alias in aliases:
        parser.add_argument(f"--{alias}", **kind | more | {"dest": added.dest, "help": argparse.SUPPRESS})
