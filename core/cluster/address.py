"""The address of a Ray cluster, checked before anything is imported or connected."""

from __future__ import annotations

import re
from importlib.util import find_spec

from core.errors import InvalidRequest

RAY_VERSION = "2.60.0"  # of requirements-ray.txt
INSTALL = (
    f"Ray is not installed: pip install ray=={RAY_VERSION}, here and on every node of the cluster "
    "(requirements-ray.txt)."
)

# A name or an IPv4 address, or an IPv6 address in brackets: nothing that could be an option or a command.
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]{2,45}\]"
_ADDRESS = re.compile(rf"(?P<host>{_HOST}):(?P<port>\d{{1,5}})")


def check_cluster(address: str) -> None:
    """Raise InvalidRequest for what can be no address, and where Ray is not installed; nothing is asked."""
    host_and_port(address)
    if find_spec("ray") is None:
        raise InvalidRequest(INSTALL)


def host_and_port(address: str) -> tuple[str, int]:
    """Both parts of HOST:PORT. Raises InvalidRequest for everything else."""
    found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    port = int(found["port"]) if found else 0
    if found is None or not 1 <= port <= 65535:
        raise InvalidRequest(
            f"The address {str(address)[:60]!r} of a Ray cluster is not possible; write HOST:PORT, as "
            "`ray start --head` prints it, such as 10.0.0.5:6379."
        )
    return found["host"].strip("[]"), port
