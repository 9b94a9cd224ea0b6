"""A proxy before several servers, as a load balancer stands there: it sends on to the first that answers.

python -m tests.browser.proxy PORT SERVERS_PORT...
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence

from tests.browser.app import ROOT, Server, free_port, is_healthy
from tests.waiting import wait_until


@contextlib.contextmanager
def proxy(servers: Sequence[Server]) -> Iterator[str]:
    """The address of a proxy to these servers, in a process of its own."""
    port = free_port()
    ports = [server.url.rpartition(":")[2] for server in servers]
    with subprocess.Popen([sys.executable, "-m", __name__, str(port), *ports], cwd=ROOT) as process:
        try:
            wait_until(lambda: is_healthy(f"http://127.0.0.1:{port}"))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


async def serve(port: int, servers: Sequence[int]) -> None:
    """Until it is killed."""

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for one in servers:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", one)
        return None

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(2**16):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await connect()
        if there is None:
            writer.close()
        else:
            await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    async with await asyncio.start_server(visit, "127.0.0.1", port) as listening:
        await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
