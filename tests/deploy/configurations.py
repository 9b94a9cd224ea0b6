"""The commands and settings that the files of deploy/ hold, read out of them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from tests.browser.app import ROOT

DEPLOY = ROOT / "deploy"


class Command(NamedTuple):
    """What a file starts, and the environment that it gives it."""

    words: list[str]
    environment: dict[str, str]


def substituted(text: str, other: Mapping[str, str]) -> str:
    """The text with each key replaced by its value. Raises KeyError for a key that the text does not have."""
    for old, new in other.items():
        if old not in text:
            raise KeyError(f"{old!r} is not in what deploy/ says")
        text = text.replace(old, new)
    return text


def compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """deploy/compose.yaml with these variables; `:-` gives a default, and `:?` refuses the lack of one."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if not variables.get(name) and kind == ":?":
            raise KeyError(f"{name}: {rest}")
        return variables.get(name) or (rest if kind == ":-" else "")

    text = (DEPLOY / "compose.yaml").read_text()
    read = yaml.load(
        re.sub(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}", value, text), yaml.BaseLoader
    )  # all of them texts
    assert isinstance(read, dict)
    return read


def container() -> Command:
    """What an image of deploy/Containerfile starts, with the variables that it sets itself."""
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    last_stage = text[text.rindex("\nFROM ") :]
    environment = {}
    for line in re.findall(r"^ENV (.*)", last_stage, re.MULTILINE):
        environment |= dict(word.split("=", 1) for word in shlex.split(line))
    (command,) = re.findall(r"^CMD (.*)", last_stage, re.MULTILINE)
    return Command(json.loads(command), environment)


def health_check() -> list[str]:
    """The command by which an engine asks a container whether it lives."""
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    (found,) = re.findall(r"^HEALTHCHECK .*?CMD (.*)", text, re.MULTILINE)
    words = json.loads(found)
    assert isinstance(words, list)
    return words


def environment_file(text: str) -> dict[str, str]:
    """The variables of a file as systemd's EnvironmentFile and compose's .env have it."""
    lines = [line.strip() for line in text.splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def unit(instance: str) -> Command:
    """What deploy/systemd/nablascope@.service starts under the name of this instance."""
    text = (DEPLOY / "systemd" / "nablascope@.service").read_text().replace("%i", instance)
    (started,) = re.findall(r"^ExecStart=(.*)", text, re.MULTILINE)
    environment = environment_file((DEPLOY / "systemd" / "nablascope.env").read_text())
    for line in re.findall(r"^Environment=(.*)", text, re.MULTILINE):
        environment |= dict(word.split("=", 1) for word in shlex.split(line))
    return Command(shlex.split(started), environment)
