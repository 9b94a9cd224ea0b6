"""The settings of a server that several people share, and whose word on a visitor's address counts."""

from __future__ import annotations

import pytest

from core.errors import InvalidRequest
from core.operator_settings import variable
from core.sharing import Sharing, sharing

SHARED, PROXIES, SECRET = map(variable, ("shared", "trusted_proxies", "cookie_secret"))


def test_by_default_a_server_is_one_persons() -> None:
    assert sharing({}) == Sharing()
    assert not sharing({}).shared


def test_what_is_not_possible_is_refused_in_words() -> None:
    known = sharing({SHARED: "1", variable("operators"): "ada, ben", PROXIES: "10.0.0.0/8,::1"})
    assert (known.shared, known.max_open, known.operators) == (True, 3, {"ada", "ben"})
    assert [str(network) for network in known.proxies] == ["10.0.0.0/8", "::1/128"]
    with pytest.raises(InvalidRequest, match=f"{PROXIES} names 'nobody'; it must be addresses or networks"):
        sharing({PROXIES: "10.0.0.1, nobody"})
    with pytest.raises(InvalidRequest, match="has 5 characters; it needs 16"):
        sharing({SECRET: "short"})


@pytest.mark.parametrize(
    ("peer", "header", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody whose word counts
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the visitor wrote the first one
        ("10.0.0.2", "198.51.100.1, 10.0.0.3", "198.51.100.1"),  # two proxies
        ("10.0.0.2", "", "10.0.0.2"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        (None, "198.51.100.1", None),
    ],
)
def test_a_forwarded_address_counts_behind_a_trusted_proxy_alone(
    peer: str | None, header: str, address: str | None
) -> None:
    assert sharing({PROXIES: "10.0.0.0/8"}).address_of(peer, header) == address
    if peer != "10.0.0.2":
        assert sharing({}).address_of(peer, header) == address
