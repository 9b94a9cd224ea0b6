"""The result of one node out of a merged one. Records in, records out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.errors import InvalidRequest
from core.timing.results.table import Record


def is_merged(records: Iterable[Record]) -> bool:
    """Whether a result is that of several nodes."""
    return any(record["event"] == "node_event" for record in records)


def by_node(records: Iterable[Record]) -> dict[str, list[Record]]:
    """What each node yielded: a whole result of one machine."""
    found: dict[str, list[Record]] = {}
    for record in records:
        if record["event"] == "node_event":
            found.setdefault(record["node"], []).append(record["record"])
    return found


def of_node(records: Sequence[Record], node: str) -> list[Record]:
    """The result of one node. Raises InvalidRequest for one that is not there."""
    results = by_node(records)
    if not results:
        raise InvalidRequest(
            "--node is for a result of several nodes (--ray), and this is one of one machine."
        )
    if node not in results:
        raise InvalidRequest(f"There is no node {node[:60]!r} in this result; it has {', '.join(results)}.")
    return results[node]
