"""What a monitoring system reads of the server: /metrics, as OpenMetrics text.

https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md says what the lines mean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Family:
    """One metric with its samples by label."""

    name: str
    type: str  # gauge or counter
    help: str
    samples: Iterable[tuple[Labels, float]]
    unit: str = ""  # then the name ends in it


def text_of(families: Iterable[Family]) -> str:
    """The whole answer."""
    lines: list[str] = []
    for one in families:
        lines.append(f"# TYPE {one.name} {one.type}")
        if one.unit:
            lines.append(f"# UNIT {one.name} {one.unit}")
        lines.append(f"# HELP {one.name} {_escaped(one.help)}")
        suffix = "_total" if one.type == "counter" else ""
        for labels, value in one.samples:
            inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            lines.append(f"{one.name}{suffix}{f'{{{inside}}}' if inside else ''} {value}")
    return "\n".join([*lines, "# EOF", ""])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


@dataclass
class Answers:
    """What the server has answered since its start."""

    film: int = 0  # answers with new frames of a film
    film_bytes: int = 0
    refused: Counter[int] = field(default_factory=Counter)  # by status


_FRAMES = re.compile(r"/film/[\w-]+$")


class CountAnswers:
    """Middleware that counts. It is the outermost, so that it also sees what others refuse."""

    def __init__(self, app: ASGIApp, answers: Answers) -> None:
        self._app, self._answers = app, answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the server does."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        of_film, status = _FRAMES.search(scope["path"]) is not None, 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status >= 400 and status != 404:  # browsers look for this and that
                    self._answers.refused[status] += 1
                self._answers.film += of_film and status == 200
            elif of_film and status == 200:
                self._answers.film_bytes += len(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, counted)
