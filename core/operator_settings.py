"""What the operator of a server sets: every NABLASCOPE_* variable of the environment, each with one entry.

`docs/environment.md` is written from these entries. A variable that has none is refused at start, since a
limit with a misspelt name would limit nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from core.errors import InvalidRequest
from core.options import Option

PREFIX = "NABLASCOPE_"
LOG_FORMATS = ("text", "json")

# A path is a text, and none_words only says what an empty variable is: one that nobody has set.
SETTINGS: dict[str, Option] = {
    "home": Option(
        "The folder of runs, checkpoints, added tables and caches; each server needs one of its own.",
        kind=str,
        optional=True,
        none_words=("",),
    ),
    "database_url": Option(
        "A PostgreSQL database for the runs of several servers, `postgresql://user:password@host:5432/name`; "
        "by default runs are kept in a file of the data folder.",
        kind=str,
        optional=True,
        none_words=("",),
    ),
    "files": Option(
        "The folder of checkpoints, exports and added files, the same path for all servers of one database; "
        "by default the data folder.",
        kind=str,
        optional=True,
        none_words=("",),
    ),
    "keep_mib": Option(
        "How many MiB runs and added tables may take. The newest runs stay whole, older ones keep their "
        "curves, the oldest are deleted.",
        kind=int,
        min=128,
    ),
    "keep_days": Option(
        "After how many days a run that has ended is deleted, and an added file that nothing has used; by "
        "default only their size counts.",
        kind=int,
        min=1,
        optional=True,
        none_words=("",),
    ),
    "max_runs": Option(
        "How many runs may run at once; others wait. By default half of the usable cores, at most 8.",
        kind=int,
        min=1,
        optional=True,
        none_words=("",),
    ),
    "ray": Option(
        "The Ray cluster whose nodes do the runs, `HOST:PORT`, as docs/cluster.md describes it; by default "
        "the server's own machine does them.",
        kind=str,
        optional=True,
        none_words=("",),
    ),
    "max_upload_mib": Option(
        "How many MiB of uploaded files one open tab may hold in the server's memory; one file is bounded by "
        "Streamlit's `server.maxUploadSize`.",
        kind=int,
        min=1,
    ),
    "min_free_mib": Option(
        "How many MiB of disk have to be free for the server to call itself ready for runs.", kind=int, min=0
    ),
    "log_format": Option(
        "What a line of the log on stderr is: text, or one JSON object.", kind=str, choices=LOG_FORMATS
    ),
    "embed_on": Option(
        "Origins whose pages may show this server in a frame, such as `https://example.org`, separated by "
        "commas; pages of this server may.",
        kind=str,
        many=True,
    ),
    "frameworks": Option(
        "The environment of the other frameworks, its folder or its Python; by default `.venv-frameworks` "
        "beside the project.",
        kind=str,
        optional=True,
        none_words=("",),
    ),
    "no_machine_code": Option(
        "Whether the roofline must not run machine code of its own; the FMA peak is then unknown.", kind=bool
    ),
    "shared": Option(
        "Whether several people share the server: runs are then private, and each person's are limited.",
        kind=bool,
    ),
    "max_open_runs": Option(
        "On a shared server, how many runs of one person may wait, run or be paused at once.",
        kind=int,
        min=1,
    ),
    "max_open_runs_of_address": Option(
        "The same of all people behind one network address, such as a school's: who drops the cookie is a "
        "new person.",
        kind=int,
        min=1,
    ),
    "max_run_minutes": Option(
        "How many minutes one run may work, without its waits and pauses; then it ends, and what it recorded "
        "is kept. 0 is no limit; by default 60 on a shared server, else none.",
        kind=float,
        min=0,
        optional=True,
        none_words=("",),
    ),
    "max_run_memory_mib": Option(
        "How many MiB of memory the worker of one run may hold, of which PyTorch takes some 400: 0 for no "
        "limit, or at least 512; by default 4096 on a shared server, else no limit.",
        kind=int,
        min=0,
        optional=True,
        none_words=("",),
    ),
    "max_run_disk_mib": Option(
        "How many MiB of disk one run may take with events, film, pictures and checkpoint; 0 is no limit, "
        "by default 512 on a shared server, else none.",
        kind=int,
        min=0,
        optional=True,
        none_words=("",),
    ),
    "trusted_proxies": Option(
        "Addresses or networks of proxies, with commas between, whose X-Forwarded-For says whose a visit is.",
        kind=str,
    ),
    "operators": Option(
        "Ids of the people, with commas between, who may see and control everybody's runs.", kind=str
    ),
    "cookie_secret": Option(
        "What signs the cookie of a browser, at least 16 characters, the same for all servers behind one "
        "address; by default each data folder keeps one.",
        kind=str,
    ),
    "login": Option(
        "The file that says how people sign in, as docs/login.md describes it; without one nobody does.",
        kind=str,
    ),
    "user_header": Option(
        "The header in which a proxy of `NABLASCOPE_TRUSTED_PROXIES` says who a visitor is, such as "
        "`x-forwarded-user`; from anybody else it is dropped.",
        kind=str,
    ),
}


@dataclass(frozen=True)
class OperatorSettings:
    """The value of each setting."""

    home: str | None = None
    database_url: str | None = field(default=None, repr=False)  # it may hold a password
    files: str | None = None
    keep_mib: int = 2048
    keep_days: int | None = None
    max_runs: int | None = None
    ray: str | None = None
    max_upload_mib: int = 60
    min_free_mib: int = 200
    log_format: str = "text"
    embed_on: tuple[str, ...] = ()
    frameworks: str | None = None
    no_machine_code: bool = False
    shared: bool = False
    max_open_runs: int = 3
    max_open_runs_of_address: int = 100
    max_run_minutes: float | None = None
    max_run_memory_mib: int | None = None
    max_run_disk_mib: int | None = None
    trusted_proxies: str = ""
    operators: str = ""
    cookie_secret: str = field(default="", repr=False)
    login: str = ""
    user_header: str = ""


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def operator_settings(environment: Mapping[str, str] = os.environ) -> OperatorSettings:
    """The settings as the environment has them now.

    Raises InvalidRequest for a value that is not possible, and for a variable of ours that is no setting.
    """
    given: dict[str, Any] = {}
    names = {variable(name): name for name in SETTINGS}
    for key, text in environment.items():
        if not key.upper().startswith(PREFIX):
            continue
        if key not in names:
            raise InvalidRequest(_unknown(key))
        if text:
            name = names[key]
            given[name] = SETTINGS[name].parse(key, text)
            SETTINGS[name].check(key, given[name])
    return OperatorSettings(**given)


def _unknown(key: str) -> str:
    near = get_close_matches(key[len(PREFIX) :].lower(), SETTINGS, n=1)
    hint = (
        f"did you mean {variable(near[0])}?" if near else f"choose from {', '.join(map(variable, SETTINGS))}."
    )
    return f"The environment variable {key[:60]} is no setting of Nablascope; {hint}"
