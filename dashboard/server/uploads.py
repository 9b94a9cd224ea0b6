"""Uploaded files lie in the server's memory while their tab is open: a tab may hold so many bytes of them.

Streamlit bounds one file (server.maxUploadSize) and not how many a session sends.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

_PATH = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)/?$")


def held_by(session: str) -> dict[str, int]:
    """Bytes of each file that a session holds, by the file's id."""
    files = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    if not isinstance(files, MemoryUploadedFileManager):
        return {}
    return {key: len(file.data) for key, file in dict(files.file_storage.get(session, {})).items()}


class BoundedUploads:
    """Middleware that refuses a file which would bring its session above the bound."""

    def __init__(self, app: ASGIApp, max_bytes: int, held: Callable[[str], dict[str, int]] = held_by) -> None:
        self._app, self._max_bytes, self._held = app, max_bytes, held
        self._arriving: Counter[str] = Counter()  # bytes by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the server does, or that the file is too much."""
        upload = _PATH.search(scope["path"]) if scope["type"] == "http" else None
        if upload is None or scope["method"] != "PUT":
            return await self._app(scope, receive, send)
        session, file = upload.groups()
        length = Headers(scope=scope).get("content-length", "")
        if not length.isascii() or not length.isdigit() or len(length) > 15:
            refused = PlainTextResponse("An upload has to say its length.", 411)
            return await refused(scope, receive, send)
        others = sum(size for key, size in self._held(session).items() if key != file)
        if others + self._arriving[session] + int(length) > self._max_bytes:
            allowed = self._max_bytes // 2**20
            refused = PlainTextResponse(
                f"A tab holds at most {allowed} MiB of files; remove one, or reload the page.", 413
            )
            return await refused(scope, receive, send)
        self._arriving[session] += int(length)
        try:
            await self._app(scope, receive, send)
        finally:
            self._arriving[session] -= int(length)
            if not self._arriving[session]:
                del self._arriving[session]
