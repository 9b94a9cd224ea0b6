"""What an operator should know at start: that strangers reach the server, or that it may do everything."""

from __future__ import annotations

import ipaddress
import os


def warnings_at_start(address: str | None, has_login: bool, user_id: int | None) -> list[str]:
    """A sentence for each; none for a server that only this machine reaches, run by a plain user."""
    found = []
    if not has_login and not _is_local(address):
        reached = "every network of this machine" if _is_any(address) else address
        found.append(
            f"This server listens on {reached} and asks for no login: whoever reaches its port can start and "
            "stop runs. --server.address localhost keeps it to this machine; a server for others needs a "
            "login or a proxy that asks for a password."
        )
    if user_id == 0:
        found.append("This server runs as root; run it as a user who may write its data folder alone.")
    return found


def current_user_id() -> int | None:
    """The user that this process acts for; None on Windows, which has no such number."""
    return os.geteuid() if hasattr(os, "geteuid") else None


def _is_local(address: str | None) -> bool:
    if address is None:
        return False
    if address.startswith("unix://") or address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_any(address: str | None) -> bool:
    return address in (None, "", "0.0.0.0", "::")
