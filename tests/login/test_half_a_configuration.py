"""A server whose login is not whole does not start, and says in one sentence why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.operator_settings import variable
from tests.browser.app import ROOT, free_port
from tests.login.conftest import login_toml

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("secret", "providers.mock.client_secret_env of the login's file gives no secret."),
        ("path", "url of the login's file has the path '/lab', and server.baseUrlPath is ''"),
        ("authlib", "NABLASCOPE_LOGIN is set, and authlib cannot be imported; pip install"),
    ],
)
def test_half_a_configuration_ends_the_start_with_a_sentence(tmp_path: Path, missing: str, says: str) -> None:
    url = "https://lab.example.org" + ("/lab" if missing == "path" else "")
    (tmp_path / "login.toml").write_text(login_toml(url, "https://id.example.org"))
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\nfind = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'authlib' else find(name, *more)\n"
    )
    environment = os.environ | {variable("login"): str(tmp_path / "login.toml")}
    environment |= {variable("home"): str(tmp_path)}
    if missing != "secret":
        environment["SECRET_OF_TESTS"] = "a secret"
    if missing == "authlib":
        environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), environment.get("PYTHONPATH", "")])
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "dashboard/app.py",
        "--server.port",
        str(free_port()),
    ]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
