"""A whole site out of the files of deploy/: a proxy with TLS, two servers, one PostgreSQL database.

What runs is what the files say, but for ports, folders and addresses of this machine. Each proxy is the
system's own package, and a test skips where that is missing.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.app import ROOT, Server, free_port, launch
from tests.deploy.configurations import DEPLOY, Command, compose, container, substituted, unit
from tests.waiting import wait_until

BASE = "lab"
SESSION = "AppSession initialized"  # in a server's log, for each page that connects
ANY_CERTIFICATE = ssl._create_unverified_context()

# As the files say it, so that what they no longer say is missed here.
IN_COMPOSE = "nablascope@database:5432/nablascope"
IN_UNIT = "nablascope@/nablascope?host=/var/run/postgresql"


@dataclass(frozen=True)
class Ports:
    """Where the proxy listens, and the servers behind it."""

    http: int
    https: int
    servers: tuple[int, int]


@dataclass(frozen=True)
class Site:
    """Its address without a slash at the end, and its two servers."""

    url: str
    ports: Ports
    servers: list[Server]

    def is_ready(self) -> bool:
        """Whether a server behind the proxy can take runs."""
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=10, context=ANY_CERTIFICATE) as answer:
                return bool(json.load(answer)["ready"])
        except OSError:
            return False

    def server_of(self, connect: Callable[[], object]) -> Server:
        """The server to which this connects a page."""
        before = [sessions(server) for server in self.servers]
        connect()
        now = [sessions(server) for server in self.servers]
        (one,) = [n for n in range(2) if now[n] > before[n]]
        return self.servers[one]

    def other(self, server: Server) -> Server:
        """The one beside it."""
        (one,) = [each for each in self.servers if each is not server]
        return one


def sessions(server: Server) -> int:
    """How often a page has connected to it."""
    return server.log.read_text().count(SESSION)


def installed(program: str) -> str:
    """Its path; the test skips where it is not installed."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


@contextlib.contextmanager
def site(proxy: str, folder: Path, database: str) -> Iterator[Site]:
    """Everything at work; it ends with the block. database: its address."""
    ports = Ports(free_port(), free_port(), (free_port(), free_port()))
    start, server = PROXIES[proxy]
    with contextlib.ExitStack() as running:
        servers = []
        for port in ports.servers:
            servers.append(server(port, folder, database.removeprefix("postgresql://")))
            running.callback(servers[-1].stop)
        command = start(ports, folder)
        running.enter_context(_process(command, folder / "proxy.log"))
        found = Site(f"https://localhost:{ports.https}/{BASE}", ports, servers)
        wait_until(found.is_ready)
        yield found


@contextlib.contextmanager
def _process(command: Command, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.words, env=os.environ | command.environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _server_of_the_container(port: int, folder: Path, database: str) -> Server:
    command = container()
    app = compose({"DATABASE_PASSWORD": "none is asked for here", "BASE_PATH": BASE})["services"]["app-1"]
    files = {"/files": str(folder / "files"), "/data": str(folder / f"{port}")}
    files |= {"/var/cache/nablascope": str(folder / "compiled")}
    environment = command.environment | app["environment"]
    here = {"172.31.85.0/24": "127.0.0.1", "0.0.0.0": "127.0.0.1", "8501": str(port), IN_COMPOSE: database}
    return _launch(command.words, environment, files | here, port, folder)


def _server_of_the_unit(port: int, folder: Path, database: str) -> Server:
    command = unit(str(port))
    words = [Path(command.words[0]).name, *command.words[1:]]
    files = {"/srv/nablascope": str(folder / "files"), f"/var/lib/nablascope/{port}": str(folder / f"{port}")}
    files |= {"/var/cache/nablascope": str(folder / "compiled"), IN_UNIT: database}
    environment = command.environment | {"STREAMLIT_SERVER_BASE_URL_PATH": BASE}
    return _launch(words, environment, files, port, folder)


def _launch(
    words: list[str], environment: Mapping[str, str], here: Mapping[str, str], port: int, folder: Path
) -> Server:
    """Each key of `here` stands somewhere in the environment, and is its value on this machine."""
    environment = {name: value for name, value in environment.items() if name != "PATH"}
    environment = json.loads(substituted(json.dumps(environment), here))
    ours = {"PYTHONPATH": str(ROOT), "STREAMLIT_LOGGER_LEVEL": "debug"}  # says when a page connects
    words = [str(Path(sys.executable).with_name(words[0])), *words[1:]]
    home = Path(environment["NABLASCOPE_HOME"])
    home.mkdir()
    return launch(words, f"http://127.0.0.1:{port}/{BASE}", home, environment | ours, cwd=home)


def _caddy(ports: Ports, folder: Path) -> Command:
    service = compose({"DATABASE_PASSWORD": "not for the proxy"})["services"]["proxy"]
    words = shlex.split(
        substituted(service["command"], {"/etc/caddy/Caddyfile": str(DEPLOY / "proxies/Caddyfile")})
    )
    assert "./proxies/Caddyfile:/etc/caddy/Caddyfile:ro" in service["volumes"]
    environment = dict(service["environment"])
    environment |= {"HTTP_PORT": str(ports.http), "HTTPS_PORT": str(ports.https)}
    environment |= {"SERVERS": " ".join(f"127.0.0.1:{port}" for port in ports.servers)}
    environment |= {"XDG_DATA_HOME": str(folder / "caddy"), "XDG_CONFIG_HOME": str(folder / "caddy")}
    return Command([installed(words[0]), *words[1:]], environment)


def _haproxy(ports: Ports, folder: Path) -> Command:
    here = {"bind :80\n": f"bind 127.0.0.1:{ports.http}\n", "bind :443 ": f"bind 127.0.0.1:{ports.https} "}
    here |= {
        "/run/haproxy/admin.sock": str(folder / "admin.sock"),
        "/etc/nablascope/tls": str(folder / "tls"),
    }
    config = _written("haproxy.cfg", here, ports, folder)
    return Command([installed("haproxy"), "-db", "-f", str(config)], {})


def _nginx(ports: Ports, folder: Path) -> Command:
    here = {
        "listen 80;": f"listen 127.0.0.1:{ports.http};",
        "listen 443 ": f"listen 127.0.0.1:{ports.https} ",
    }
    here |= {"/etc/nablascope/tls": str(folder / "tls")}
    config = _written("nginx.conf", here, ports, folder)
    paths = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    around = "user root; " if os.getuid() == 0 else ""  # else it could keep no large upload in this folder
    around += f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{ }} "
    around += "http { access_log off;" + "".join(f" {path}_temp_path {folder}/{path};" for path in paths)
    around += f" include {config}; }}"
    (folder / "around.conf").write_text(around)
    words = ["-p", str(folder), "-c", str(folder / "around.conf"), "-e", str(folder / "error.log")]
    return Command([installed("nginx"), *words], {})


def _written(name: str, here: Mapping[str, str], ports: Ports, folder: Path) -> Path:
    """The proxy's file with this machine's ports and folders, beside a certificate."""
    servers = {
        f"127.0.0.1:{old}": f"127.0.0.1:{new}" for old, new in zip((8501, 8502), ports.servers, strict=True)
    }
    certify(folder / "tls")
    (folder / name).write_text(substituted((DEPLOY / "proxies" / name).read_text(), {**here, **servers}))
    return folder / name


def certify(folder: Path) -> None:
    """A certificate for localhost that nobody has signed: site.key, and site.pem with both."""
    folder.mkdir(exist_ok=True)
    key, pem = folder / "site.key", folder / "site.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += [
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(key),
        "-out",
        str(pem),
    ]
    subprocess.run(command, check=True, capture_output=True)
    pem.write_text(pem.read_text() + key.read_text())


# Each proxy, and the servers that stand behind it: those of compose.yaml, or those of the systemd unit.
PROXIES = {
    "caddy": (_caddy, _server_of_the_container),
    "haproxy": (_haproxy, _server_of_the_unit),
    "nginx": (_nginx, _server_of_the_unit),
}
