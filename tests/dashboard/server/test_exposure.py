"""Who can reach a server, and as whom it runs, is said at its start."""

from __future__ import annotations

import pytest

from dashboard.server.exposure import warnings_at_start


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "::1", "unix:///run/nablascope.sock"])
def test_a_server_of_this_machine_alone_warns_of_nothing(address: str) -> None:
    assert warnings_at_start(address, False, 1000) == []


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.0.2.7", "lab.example.org"])
def test_strangers_and_no_login_are_warned_of(address: str | None) -> None:
    [sentence] = warnings_at_start(address, False, None)
    assert (address if address and address[0] in "1l" else "every network") in sentence
    assert "--server.address localhost" in sentence
    assert warnings_at_start(address, True, 1000) == []


def test_root_is_warned_of() -> None:
    [sentence] = warnings_at_start("localhost", False, 0)
    assert "root" in sentence
