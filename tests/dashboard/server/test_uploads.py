"""A tab holds so many bytes of files in the server's memory and no more, however it sends them."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.server.uploads import BoundedUploads
from tests.dashboard.server.asgi import ask, asked

MIB = 2**20
ADDRESS = "/nabla/_stcore/upload_file/{session}/{file}"


class Files:
    """Streamlit's part: it takes every file, once `go` is set."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, int]] = defaultdict(dict)
        self.go = asyncio.Event()
        self.go.set()
        routes = [Route(ADDRESS, self.take, methods=["PUT", "DELETE"])]
        self.app = BoundedUploads(Starlette(routes=routes), 50 * MIB, self.held.__getitem__)

    async def take(self, request: Request) -> Response:
        await self.go.wait()
        session, file = request.path_params["session"], request.path_params["file"]
        self.held[session].pop(file, None)
        if request.method == "PUT":
            self.held[session][file] = int(request.headers["content-length"])
        return PlainTextResponse("", 204)

    def put(self, session: str, file: str, size: int) -> int:
        address = ADDRESS.format(session=session, file=file)
        return ask(self.app, address, "PUT", content_length=str(size)).status


def test_what_a_tab_holds_is_bounded_and_that_of_others_is_not_touched() -> None:
    files = Files()
    assert [files.put("a", str(number), 19 * MIB) for number in range(4)] == [204, 204, 413, 413]
    assert files.put("b", "0", 19 * MIB) == 204
    assert files.put("a", "1", 19 * MIB) == 204  # the same file again
    refused = ask(files.app, ADDRESS.format(session="a", file="9"), "PUT", content_length=str(19 * MIB))
    assert "at most 50 MiB" in refused.body
    assert ask(files.app, ADDRESS.format(session="a", file="0"), "DELETE", content_length="0").status == 204
    assert files.put("a", "9", 19 * MIB) == 204


def test_files_that_arrive_at_once_count_before_they_are_here() -> None:
    files = Files()

    async def all_at_once() -> list[int]:
        files.go.clear()
        sending = [
            asyncio.create_task(
                asked(
                    files.app, ADDRESS.format(session="a", file=number), "PUT", content_length=str(19 * MIB)
                )
            )
            for number in range(25)
        ]
        while sum(task.done() for task in sending) < 23:
            await asyncio.sleep(0)
        files.go.set()
        return [answer.status for answer in await asyncio.gather(*sending)]

    assert sorted(asyncio.run(all_at_once())) == [204] * 2 + [413] * 23


def test_a_length_that_is_missing_or_none_is_refused_and_other_requests_pass() -> None:
    files = Files()
    address = ADDRESS.format(session="a", file="0")
    assert ask(files.app, address, "PUT", transfer_encoding="chunked").status == 411
    for wrong in ("-1", "x", "²", "1" * 20):
        assert ask(files.app, address, "PUT", content_length=wrong).status == 411
    assert ask(files.app, "/other").status == 404
