"""Whether one server is shared by several people, and what each of them may have.

For one person at one machine nothing of this applies: no limits, and all runs belong to who can reach it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from core.errors import InvalidRequest
from core.operator_settings import operator_settings, variable

MIN_SECRET = 16  # characters


@dataclass(frozen=True)
class Sharing:
    """What the operator has set."""

    shared: bool = False  # runs are private, and each person's are limited
    max_open: int = 3  # runs of one person that wait, run or are paused
    max_open_of_address: int = 100  # of all people behind one address, such as a school's
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()  # whose word on a visitor's address counts
    operators: frozenset[str] = frozenset()  # ids of those who may do with each run what its owner may
    cookie_secret: str | None = None  # the same for all servers of one address; else each makes its own

    def address_of(self, peer: str | None, forwarded_for: str) -> str | None:
        """The visitor's address: that of the connection, or what a trusted proxy says it is.

        The header grows from left to right, and what stands left of the last foreign address anybody can
        have written.
        """
        address = peer
        for hop in reversed([hop.strip() for hop in forwarded_for.split(",") if hop.strip()]):
            if address is None or not self._is_proxy(address):
                break
            address = hop
        return _plain(address)

    def _is_proxy(self, address: str) -> bool:
        try:
            known = ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self.proxies)


def sharing(environment: Mapping[str, str] = os.environ) -> Sharing:
    """The settings as the environment has them now. Raises InvalidRequest for what is not possible."""
    known = operator_settings(environment)
    secret = known.cookie_secret or None
    if secret is not None and len(secret) < MIN_SECRET:
        raise InvalidRequest(
            f"{variable('cookie_secret')} has {len(secret)} characters; it needs {MIN_SECRET} at least."
        )
    return Sharing(
        shared=known.shared or bool(known.login or known.user_header),  # who signs in has runs of their own
        max_open=known.max_open_runs,
        max_open_of_address=known.max_open_runs_of_address,
        proxies=tuple(_network(text) for text in _words(known.trusted_proxies)),
        operators=frozenset(_words(known.operators)),
        cookie_secret=secret,
    )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise InvalidRequest(
            f"{variable('trusted_proxies')} names {text[:40]!r}; it must be addresses or networks, such as "
            "10.0.0.0/8."
        ) from None


def _plain(address: str | None) -> str | None:
    """Without the prefix by which a socket of IPv6 writes an address of IPv4."""
    return address.removeprefix("::ffff:") if address else None
