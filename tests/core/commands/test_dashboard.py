"""`nablascope run` starts the dashboard from any folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from core.commands.dashboard import server
from core.commands.main import main
from tests.core.commands.processes import ROOT


def test_options_of_streamlit_are_passed_on() -> None:
    line = server(["--port", "8600", "--server.address", "0.0.0.0", "--server.baseUrlPath=lab"])
    assert line[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert Path(line[4]) == ROOT / "dashboard" / "app.py"
    assert line[5:] == ["--server.port", "8600", "--server.address", "0.0.0.0", "--server.baseUrlPath=lab"]


def test_a_port_that_is_no_number_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--port", "many"]) == 2
    assert "'many'" in capsys.readouterr().err


def test_a_server_that_is_started_without_the_command_refuses_a_misspelt_variable(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"],
        cwd=ROOT,
        env=os.environ | {"NABLASCOPE_HOME": str(tmp_path), "NABLASCOPE_MAX_RUN": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "did you mean NABLASCOPE_MAX_RUNS?" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_serves_from_another_folder_with_the_projects_settings(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NABLASCOPE_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "core.commands", "run", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            while not healthy(port):
                assert process.poll() is None
                time.sleep(0.1)
        finally:
            process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate()
    assert f":{port}" in printed
    assert "email" not in printed.lower()  # headless = true of dashboard/.streamlit/config.toml


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
            return answer.read() == b"ok"
    except (urllib.error.URLError, OSError):
        return False
