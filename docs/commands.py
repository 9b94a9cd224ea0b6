"""The reference of the command line, out of the parsers that read it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from core.commands.main import parsers

HEAD = """# Commands

Every command and every flag, as the parsers know them. [Headless](headless.md) shows what they are for.
Installed, a command is called `nablascope`; in the folder of the project `python -m core.timing` and
`nablascope timing` are the same. Written by `python -m docs.generate`.
"""

FLAGS = """
| argument | what it does |
|---|---|
"""


def page() -> str:
    """The whole text of docs/commands.md."""
    return HEAD + "".join(part for parser in parsers() for part in _parts(parser))


def _parts(parser: argparse.ArgumentParser, about: str = "") -> Iterator[str]:
    """A command's section, and those of its own commands below it."""
    level = "##" if parser.prog.count(" ") == 1 else "###"
    yield f"\n{level} {parser.prog}\n\n{_sentence(parser.description or about)}\n"
    shown = [
        action
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        and not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
    ]
    if shown:
        yield f"\n```text\n{_usage(parser.prog, shown)}\n```\n"
        yield FLAGS + "".join(f"| {_name(action)} | {_help(parser, action)} |\n" for action in shown)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            texts = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield from _parts(command, texts.get(name, ""))


def _usage(prog: str, actions: list[argparse.Action]) -> str:
    """One line: what has to be given, and that there are options."""
    needed = [action for action in actions if not action.option_strings]
    flags = [action for action in actions if action.option_strings]
    words = [_positional(action) for action in needed]
    words += [f"{flag.option_strings[-1]} {_metavar(flag)}".strip() for flag in flags if flag.required]
    options = ["[OPTIONS]"] if any(not flag.required for flag in flags) else []
    return " ".join([prog, *words, *options])


def _positional(action: argparse.Action) -> str:
    many = {"+": f"{_metavar(action)}...", "*": f"[{_metavar(action)}...]", "?": f"[{_metavar(action)}]"}
    return many.get(str(action.nargs), _metavar(action))


def _metavar(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.metavar is None and action.choices is not None:
        return "|".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _name(action: argparse.Action) -> str:
    value = _metavar(action)
    if len(value) > 40:
        value = action.dest.upper()
    name = f"{', '.join(action.option_strings)} {value}".strip()
    return f"`{name}`".replace("|", r"\|")


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    text = parser._get_formatter()._expand_help(action)
    if action.choices is not None and len(_metavar(action)) > 40:
        missing = [str(choice) for choice in action.choices if str(choice) not in text]
        text += f": {', '.join(missing)}" if missing else ""
    return _sentence(text).replace("|", r"\|")


def _sentence(text: str) -> str:
    """Text with a capital and a full stop, with the signs that Markdown would read written out."""
    text = re.sub(r"\s+", " ", text).strip()
    text = f"{text[:1].upper()}{text[1:]}" if text[:1] != "`" else text
    text = text if not text or text[-1] in ".!?" else f"{text}."
    outside = [part.replace("*", r"\*").replace("<", r"\<") for part in text.split("`")[::2]]
    inside = text.split("`")[1::2]
    return "`".join(
        part for pair in zip(outside, [*inside, None], strict=False) for part in pair if part is not None
    )
