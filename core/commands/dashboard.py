"""`nablascope run`: start the dashboard that is installed beside this package."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from core.commands.parser import Parser
from core.errors import InvalidRequest


def command(words: Sequence[str], prog: str = "nablascope run") -> int:
    """Become Streamlit's server: signals and the exit code are its own from here on."""
    line = server(words, prog)
    sys.stdout.flush()
    if sys.platform == "win32":  # there execv gives the terminal back at once, and the server runs on unseen
        return _wait_for(line)
    os.execv(line[0], line)


def _wait_for(line: list[str]) -> int:
    """The exit code of the server; Ctrl-C reaches it as well, and it ends in its own way."""
    with subprocess.Popen(line) as running:
        while True:
            try:
                return running.wait()
            except KeyboardInterrupt:
                continue


def server(words: Sequence[str], prog: str = "nablascope run") -> list[str]:
    """The command line of Streamlit's server. What this command does not know is passed on to it.

    Raises InvalidRequest where the dashboard or Streamlit is not installed.
    """
    options, passed_on = _parser(prog).parse_known_args(words)
    port = [] if options.port is None else ["--server.port", str(options.port)]
    return [sys.executable, "-m", "streamlit", "run", str(_app()), *port, *passed_on]


def _app() -> Path:
    """The entry script, wherever the package `dashboard` is installed."""
    found = importlib.util.find_spec("dashboard")
    if found is None or not found.submodule_search_locations:
        raise InvalidRequest("The dashboard is not installed beside this command.")
    if importlib.util.find_spec("streamlit") is None:
        raise InvalidRequest(
            'The dashboard needs Streamlit, which is not installed; pip install ".[dashboard]" in the folder '
            "of the project brings it."
        )
    return Path(found.submodule_search_locations[0]) / "app.py"


def parsers(prog: str) -> tuple[Parser, ...]:
    """Those of this command line, for the reference."""
    return (_parser(prog),)


def _parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog,
        description="Start the dashboard and print its address. Options of `streamlit run`, such as "
        "--server.address 0.0.0.0, are passed on.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=int, metavar="N", help="where it listens (8501, or the next free one)")
    return parser
