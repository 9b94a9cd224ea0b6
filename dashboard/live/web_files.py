"""JavaScript and CSS under an address that names their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.live.addresses import base

MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}

# Streamlit's own middleware would compress what hardly gets smaller; naming an encoding keeps it from that.
FRESH = {"cache-control": "no-store", "content-encoding": "identity"}
IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}


class WebFiles:
    """Some files, which are read when the first is asked for."""

    def __init__(self, under: str, read: Callable[[], Mapping[str, bytes]]) -> None:
        """read gives their contents by their paths; they import each other by these."""
        self._under, self._read = under, read

    def address(self, name: str) -> str:
        """Where a file lies; with another content of any of them, all have other addresses."""
        return f"{base()}/{self._under}/{self._digest}/{name}"

    def route(self) -> Route:
        """The route of all of them."""
        return Route(self.address("{name:path}"), self._answer)

    @cached_property
    def _files(self) -> Mapping[str, bytes]:
        return self._read()

    @cached_property
    def _digest(self) -> str:
        every = hashlib.sha256()
        for name, content in self._files.items():
            every.update(f"{name} {len(content)} ".encode() + content)
        return every.hexdigest()[:16]

    async def _answer(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = self._files.get(name)
        if content is None:
            return PlainTextResponse("There is no such file.", 404, FRESH)
        return Response(content, media_type=MEDIA_TYPES[Path(name).suffix], headers=IMMUTABLE)
