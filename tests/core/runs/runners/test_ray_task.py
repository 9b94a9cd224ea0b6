"""What a node finds out about itself, without Ray: what it lacks is one sentence, and nothing is done."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.cluster.address import INSTALL
from core.errors import InvalidRequest
from core.operator_settings import variable
from core.runs.identity import this_machine, worker_identity
from core.runs.runners.cluster_report import report_of
from core.runs.runners.ray_runner import RayRunner
from core.runs.runners.ray_task import Looked, Server, kill, look, server_here
from core.runs.store import RunStore


@pytest.fixture(autouse=True)
def unchanged_environment() -> Iterator[None]:
    """A node takes over the settings of its server."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    RunStore(tmp_path / "runs.sqlite").close()
    (marker := tmp_path / ".server").touch()
    return server_here(str(tmp_path / "runs.sqlite"), marker)


def why(server: Server) -> str:
    with pytest.raises(InvalidRequest) as refused:
        list(look(server))
    return str(refused.value)


def test_a_node_on_the_machine_of_the_server_can_do_its_runs(server: Server) -> None:
    assert list(look(server)) == [Looked(this_machine())]


def test_a_file_of_sqlite_is_no_database_for_another_machine(server: Server) -> None:
    reason = why(replace(server, machine="elsewhere"))
    assert "a file of SQLite on the server's machine" in reason
    assert "NABLASCOPE_DATABASE_URL and NABLASCOPE_FILES" in reason


def test_a_folder_that_is_another_one_there_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".server").unlink()
    assert str(tmp_path) in why(server)


def test_packages_that_are_missing_or_of_another_version_are_named(server: Server) -> None:
    other = replace(server, versions=server.versions | {"torch": "2.11.0+cu130"})
    assert "torch 2." in why(other)
    assert ", the server has 2.11.0+cu130" in why(other)
    missing = replace(server, versions=server.versions | {"no-such-package": "1"})
    assert "no-such-package cannot be found by " in why(missing)
    here = server.versions["torch"].partition("+")[0]
    built_for_gpus = replace(server, versions=server.versions | {"torch": f"{here}+cu130"})
    assert list(look(built_for_gpus)) == [Looked(this_machine())]


def test_a_node_has_the_settings_of_the_server_but_not_its_data_folder(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("max_run_minutes"), "7")
    monkeypatch.setenv(variable("home"), "/of/the/node")
    sent = {variable("keep_mib"): "4096", variable("home"): "/of/the/server", "PGPASSWORD": "secret"}
    there = replace(
        server, machine="elsewhere", place="postgresql://nobody@/none?host=/nowhere", settings=sent
    )
    with pytest.raises(InvalidRequest):
        list(look(replace(there, marker="/nowhere/.server")))
    assert variable("max_run_minutes") not in os.environ
    assert (os.environ[variable("keep_mib")], os.environ[variable("home")]) == ("4096", "/of/the/node")
    assert "secret" not in repr(there)


def test_a_process_is_killed_by_its_name_alone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    name = worker_identity(child.pid)
    list(kill(name.rsplit("/", 1)[0] + "/1.00"))  # another process had this number before
    list(kill(name.replace(this_machine(), "elsewhere", 1)))
    assert psutil.Process(child.pid).is_running()
    list(kill(name))
    assert child.wait(60) < 0


def test_what_the_driver_reports_is_read(tmp_path: Path) -> None:
    node = {"name": "a", "machine": "m", "runs": 2, "at_work": 1, "refused": ""}
    said = report_of(json.loads(json.dumps({"nodes": [node], "max_concurrent_runs": 2, "fault": ""})))
    assert (said.machines, said.max_concurrent_runs, said.nodes[0].name) == (1, 2, "a")


@pytest.mark.parametrize("address", ["somewhere", "host:0", "host; rm -rf /:6379", "$(id):6379", "--x:1"])
def test_an_address_that_is_none_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="of a Ray cluster is not possible; write HOST:PORT"):
        RayRunner(tmp_path / "runs.sqlite", address)


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is here")
def test_where_ray_is_missing_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as refused:
        RayRunner(tmp_path / "runs.sqlite", "127.0.0.1:6379")
    assert str(refused.value) == INSTALL
