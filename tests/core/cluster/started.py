"""Two nodes of Ray on this machine, started for tests that are marked `ray`."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NEEDS_RAY = [
    pytest.mark.ray,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not here: make test-ray"),
    pytest.mark.skipif(
        [name for _, name in socket.if_nameindex()] != ["lo"],
        reason="Ray listens on every address; `make test-ray` gives it a network of its own",
    ),
]


class Nodes:
    """The cluster, seen from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.address = self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def do(self, word: str) -> str:
        """Do it; gives the place of the second node among both."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._answer()


@contextmanager
def two_nodes(log: Path) -> Iterator[Nodes]:
    """Both, with a token that this process knows, until the end of the block."""
    os.environ["RAY_AUTH_TOKEN"] = "ab" * 32
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("two_nodes.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            cwd="/",  # so that the nodes have this code from nowhere but what is sent to them
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        )
        with process:
            try:
                yield Nodes(process)
            finally:
                assert process.stdin is not None
                process.stdin.close()  # which ends it
    del os.environ["RAY_AUTH_TOKEN"]
