"""The files of deploy/ agree with the program and with each other, and what reads them takes them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from core.operator_settings import operator_settings
from tests.browser.app import ROOT
from tests.deploy.configurations import (
    DEPLOY,
    compose,
    container,
    environment_file,
    health_check,
    substituted,
    unit,
)
from tests.deploy.sites import certify, installed

LINTERS = ROOT / ".venv-deploy" / "bin"
KUSTOMIZATIONS = ("base", "several-servers")
SECRET = "a password that is nowhere in a file"


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, words)], capture_output=True, text=True)


def accepts(*words: str | Path) -> None:
    done = run(*words)
    assert done.returncode == 0, done.stdout + done.stderr


def linter(name: str) -> Path:
    if not (LINTERS / name).exists():
        pytest.skip(f"{name} is not installed: make .venv-deploy/installed")
    return LINTERS / name


def kustomized(name: str) -> str:
    done = run(installed("kubectl"), "kustomize", DEPLOY / "kubernetes" / name)
    assert done.returncode == 0, done.stderr
    return done.stdout


def of_kind(text: str, kind: str) -> dict[str, Any]:
    (found,) = [one for one in yaml.safe_load_all(text) if one["kind"] == kind]
    assert isinstance(found, dict)
    return found


def settings_of_each_file() -> dict[str, dict[str, str]]:
    """The environment that each way to start a server gives it."""
    image = container().environment
    app = compose({"DATABASE_PASSWORD": SECRET})["services"]["app-1"]["environment"]
    space = (DEPLOY / "huggingface" / "space.Containerfile").read_text().replace("\\\n", " ")
    (added,) = re.findall(r"^ENV (.*)", space, re.MULTILINE)
    pods = {
        path.name: dict(re.findall(r"name: (\w+), value: \"?([^\"}]+)", path.read_text()))
        for path in (DEPLOY / "kubernetes").rglob("*.yaml")
    }
    return {
        "image": image,
        "compose": image | app,
        "unit": unit("8501").environment,
        "space": image | dict(word.split("=", 1) for word in shlex.split(added)),
    } | {name: image | given for name, given in pods.items() if given}


@pytest.mark.parametrize("name", settings_of_each_file())
def test_every_variable_is_a_setting_with_a_value_that_is_possible(name: str) -> None:
    environment = settings_of_each_file()[name]
    settings = operator_settings(environment)
    assert settings.home in ("/data", "/var/lib/nablascope/8501")
    if settings.database_url:
        assert settings.files  # what all servers of a database share
        assert settings.trusted_proxies  # else all visitors have the proxy's address


def copied_into_the_image() -> set[str]:
    """The paths of the project that the Containerfile copies."""
    text = (DEPLOY / "Containerfile").read_text()
    lines = re.findall(r"^COPY ((?!--from).*) ", text, re.MULTILINE)
    return {path for line in lines for path in line.split()}


def test_what_an_image_is_built_from_is_all_that_it_needs_and_no_more() -> None:
    """.dockerignore lets in what the Containerfile copies, and that is what the package is built from."""
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    assert "*" in ignored
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    copied = copied_into_the_image()
    assert {path for path in copied if not any(Path(path).match(pattern) for pattern in let_in)} == set()
    assert {path for path in copied if not (ROOT / path).exists()} == set()
    named = re.findall(r'file = \["([\w.-]+)"\]', (ROOT / "pyproject.toml").read_text())
    assert {*named} <= copied


def test_no_secret_is_in_the_repository() -> None:
    with pytest.raises(KeyError, match="DATABASE_PASSWORD"):
        compose({})
    assert environment_file((DEPLOY / ".env.example").read_text())["DATABASE_PASSWORD"] == ""
    if (ROOT / ".git").exists():
        accepts("git", "-C", ROOT, "check-ignore", "-q", "deploy/.env")
    services = compose({"DATABASE_PASSWORD": SECRET})["services"]
    given = {
        f"{name}.{key}"
        for name, one in services.items()
        for key, value in one["environment"].items()
        if value == SECRET
    }
    assert given == {"app-1.PGPASSWORD", "app-2.PGPASSWORD", "database.POSTGRES_PASSWORD"}


def test_a_space_listens_where_hugging_face_looks() -> None:
    _, front_matter, _ = (DEPLOY / "huggingface" / "README.md").read_text().split("---\n", 2)
    space = yaml.safe_load(front_matter)
    assert space["sdk"] == "docker"
    assert (
        f"STREAMLIT_SERVER_PORT={space['app_port']} "
        in (DEPLOY / "huggingface" / "space.Containerfile").read_text()
    )
    assert len(space["short_description"]) <= 60


def test_the_health_check_says_whether_the_server_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        monkeypatch.setenv("STREAMLIT_SERVER_PORT", str(server.server_port))
        Thread(target=server.handle_request).start()
        accepts(sys.executable, *health_check()[1:])
    assert run(sys.executable, *health_check()[1:]).returncode != 0  # nobody listens there any more


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_pods_are_what_a_restricted_namespace_takes(name: str) -> None:
    pod = of_kind(kustomized(name), "Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["enableServiceLinks"] is False  # NABLASCOPE_PORT and others would be refused as settings
    for each in (*pod["containers"], *pod["initContainers"]):
        assert each["securityContext"]["readOnlyRootFilesystem"]
        assert not each["securityContext"]["allowPrivilegeEscalation"]
        assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    (server,) = pod["containers"]
    mounted = {one["mountPath"] for one in server["volumeMounts"]}
    paths = {
        path for key, path in container().environment.items() if key in ("NABLASCOPE_HOME", "NUMBA_CACHE_DIR")
    }
    assert paths | {"/tmp"} <= mounted  # all that is written


def test_all_servers_of_a_cluster_share_their_files_alone() -> None:
    text = kustomized("several-servers")
    deployment = of_kind(text, "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    assert deployment["spec"]["replicas"] == 2
    mounted = {one["mountPath"]: one["name"] for one in pod["containers"][0]["volumeMounts"]}
    volumes = {one["name"]: one for one in pod["volumes"]}
    assert "emptyDir" in volumes[mounted["/data"]]
    assert volumes[mounted["/files"]]["persistentVolumeClaim"]["claimName"] == "data"
    assert of_kind(text, "PersistentVolumeClaim")["spec"]["accessModes"] == ["ReadWriteMany"]


@pytest.mark.parametrize("name", ["haproxy.cfg", "nginx.conf"])
def test_a_proxy_takes_its_file(name: str, tmp_path: Path) -> None:
    certify(tmp_path)
    here = {"/etc/nablascope/tls": str(tmp_path)}
    here |= {"/run/haproxy": str(tmp_path)} if name == "haproxy.cfg" else {}
    (tmp_path / name).write_text(substituted((DEPLOY / "proxies" / name).read_text(), here))
    if name == "haproxy.cfg":
        accepts(installed("haproxy"), "-c", "-f", tmp_path / name)
    else:
        around = f"pid {tmp_path}/pid; events {{ }} http {{ include {tmp_path}/{name}; }}"
        (tmp_path / "around.conf").write_text(around)
        accepts(installed("nginx"), "-t", "-p", tmp_path, "-c", tmp_path / "around.conf", "-e", "stderr")


def test_caddy_takes_its_file() -> None:
    accepts(
        installed("caddy"), "validate", "--config", DEPLOY / "proxies" / "Caddyfile", "--adapter", "caddyfile"
    )


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Its program is not installed at that path here. The limit is that of what systemd calls OK."""
    program = Path(unit("8501").words[0])
    original = DEPLOY / "systemd" / "nablascope@.service"
    copy = tmp_path / original.name
    copy.write_text(substituted(original.read_text(), {str(program): str(shutil.which("true"))}))
    done = run(installed("systemd-analyze"), "verify", "--man=no", copy)
    assert (done.returncode, done.stderr) == (0, "")
    accepts("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", copy)


@pytest.mark.slow
@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_kubernetes_knows_every_field(name: str, tmp_path: Path) -> None:
    validate = linter("kubernetes-validate")
    (tmp_path / "all.yaml").write_text(kustomized(name))
    accepts(validate, "--strict", "--kubernetes-version", "1.31", tmp_path / "all.yaml")
    (tmp_path / "wrong.yaml").write_text(kustomized(name).replace("replicas:", "replicaz:"))
    assert run(validate, "--strict", "-k", "1.31", tmp_path / "wrong.yaml").returncode == 1


@pytest.mark.slow
def test_compose_knows_every_field() -> None:
    accepts(linter("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


@pytest.mark.slow
def test_the_containerfile_has_no_fault_that_hadolint_knows() -> None:
    accepts(linter("hadolint"), DEPLOY / "Containerfile")


def test_what_the_page_of_the_documentation_names_is_there(tmp_path: Path) -> None:
    """Files, links, and the commands that make a Space, whose folder holds all that its image copies."""
    page = (ROOT / "docs" / "hosting.md").read_text()
    named = re.findall(r"[\s`'](deploy/[^\s`']+)", page)
    assert [name for name in named if not (ROOT / name).exists() and name != "deploy/.env"] == []
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", page) if "://" not in link]
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    if not (ROOT / ".git").exists():
        pytest.skip("git archive needs the repository")
    (block,) = [one for one in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "SPACE" in one]
    script = "set -e\n" + block.replace("SPACE", shlex.quote(str(tmp_path)))
    done = subprocess.run(["sh", "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [path for path in copied_into_the_image() if not (tmp_path / path).exists()] == []
    assert (tmp_path / "Dockerfile").read_text().endswith("EXPOSE 7860\n")
