"""The merged result of several nodes as text: lines, CSV, Markdown, sentences. Records in, text out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from core.cluster.texts import node_line
from core.tables import csv_of_records, markdown_table
from core.timing.nodes.merging import by_node
from core.timing.nodes.verdicts import USELESS_FLOOR
from core.timing.results import lines
from core.timing.results.labels import environment_line, threads_label, workload_label
from core.timing.results.report import ResultFormat
from core.timing.results.table import COLUMNS, POINT, Record, environment_of, measurements
from core.timing.results.units import counted, duration
from core.timing.results.verdicts import FASTER, SLOWER, UNSURE

_NAME = 16  # columns of a node's name
HEADER = f"{'node':<{_NAME}} {lines.HEADER}"


def line(record: Record) -> str | None:
    """One record of a merged result in one line; None when it has nothing to say."""
    text = _LINES.get(record["event"])
    return text(record) if text else node_line(record) or lines.line(record)


def _node_line(record: Record) -> str | None:
    inner = record["record"]
    if inner["event"] == "measurement_taken":
        return f"{record['node']:<{_NAME}} {lines.row(inner)}"
    text = lines.line(inner)
    return f"{record['node']}: {text}" if text else None


def _judged_line(record: Record) -> str:
    noise = f"noise {noise_label(record['floor'])}"
    between = f"{record['low']:.3f} to {record['high']:.3f}, " if record["low"] is not None else ""
    each = f"{counted(record['points'], 'point')}, {record['slower']} slower, {record['faster']} faster"
    why = f": {record['reason']}" if record["reason"] else ""
    return (
        f"{record['node']}, {record['device']}: {record['ratio']:.3f} times as long as {record['against']} "
        f"({between}{each}; {noise}), at most {record['worst_ratio']:.3f} in {record['worst']}: "
        f"{record['verdict']}{why}"
    )


def _compared_line(record: Record) -> str | None:
    """Of a point that differs; how many do not is in the line of their node."""
    if record["verdict"] not in (SLOWER, FASTER):
        return None
    return (
        f"{record['node']}: {workload_label(record)} {record['dtype']}, size {record['size']:,}, "
        f"{record['device']} takes {duration(record['node_s'])}, {record['ratio']:.3f} times as long as the "
        f"{duration(record['reference_s'])} of {record['reference']} ({record['low']:.3f} to "
        f"{record['high']:.3f}, floor {noise_label(record['floor'])}): {record['verdict']}"
    )


def noise_label(floor: float) -> str:
    """A noise floor; one that says nothing any more is not given to a decimal."""
    return f"{floor:.1%}" if floor < USELESS_FLOOR else f"over {USELESS_FLOOR:.0%}"


_LINES: dict[str, Callable[[Record], str | None]] = {
    "node_event": _node_line,
    "node_point_compared": _compared_line,
    "node_judged": _judged_line,
}


def sentences(records: Sequence[Record]) -> list[str]:
    """Which node is slow, first; then what is uncertain, which node was lost, and what only some have."""
    judged = [record for record in records if record["event"] == "node_judged"]
    lost = [f"{r['node']} was lost: {r['reason'].rstrip('.')}; {r['lost']}." for r in records if _is_lost(r)]
    results = by_node(records)
    if not any(map(measurements, results.values())):
        return [nothing_measured(records)]
    if not judged:
        return [*_nobody_compared(records, results), *lost]
    return [*_slow(judged), *_single_points(records, judged), *_unsure(judged), *lost, *_machines(records)]


def _machines(records: Sequence[Record]) -> list[str]:
    """Nodes that are one machine, which differ by chance alone."""
    of: dict[int, list[str]] = {}
    for record in records:
        if record["event"] == "node_found":
            of.setdefault(record["machine"], []).append(record["node"])
    return [f"{' and '.join(names)} are one machine: they took turns." for names in of.values() if names[1:]]


def nothing_measured(records: Sequence[Record]) -> str:
    """One sentence with the reasons of each node."""
    reasons = [f"{record['node']}: {record['reason'].rstrip('.')}" for record in records if _is_lost(record)]
    reasons += [
        f"{node}: {record.get('device', '')}: {record['reason']}".replace(": : ", ": ").rstrip(".")
        for node, of in by_node(records).items()
        for record in of
        if record["event"] in ("device_absent", "measurement_failed", "points_skipped")
    ]
    return (
        f"Nothing was measured: {'; '.join(dict.fromkeys(reasons))}." if reasons else "Nothing was measured."
    )


def _is_lost(record: Record) -> bool:
    return bool(record["event"] == "node_lost")


def _nobody_compared(records: Sequence[Record], results: dict[str, list[Record]]) -> list[str]:
    measured = [node for node, of in results.items() if measurements(of)]
    if len(measured) == 1:
        return [f"{measured[0]} alone has figures, so there is nothing to compare."]
    if not any(record["event"] == "node_finished" for record in records):
        return ["Stopped before the nodes were compared."]
    return ["The nodes have no point in common, so there is nothing to compare."]


def _slow(judged: Sequence[Record]) -> list[str]:
    slow = sorted((r for r in judged if r["verdict"] == SLOWER), key=lambda r: -r["ratio"])
    # Of two nodes that differ, the fast one is the other side of the same fact.
    said = {(record["against"], record["device"]) for record in slow}
    fast = [r for r in judged if r["verdict"] == FASTER and (r["node"], r["device"]) not in said]
    found = [
        f"Slow: {record['node']} on {record['device']} takes {record['ratio']:.3g} times as long as "
        f"{record['against']}{_between(record)}, at most {record['worst_ratio']:.3g} times in "
        f"{record['worst']}."
        for record in slow
    ]
    found += [
        f"Fast: {record['node']} on {record['device']} takes {record['ratio']:.3g} times as long as "
        f"{record['against']}{_between(record)}."
        for record in fast
    ]
    if not slow:
        sure = [r for r in judged if r["verdict"] != UNSURE]
        if len(sure) == len(judged):
            floor = max(record["floor"] for record in judged)
            found.append(f"No node is slow: what differs is within the noise of {noise_label(floor)}.")
        else:
            found.append("No node is certainly slow.")
    return found


def _between(record: Record) -> str:
    if record["low"] is None:
        return f" ({counted(record['points'], 'point')})"
    return f" ({record['low']:.3g} to {record['high']:.3g} over {counted(record['points'], 'point')})"


def _single_points(records: Sequence[Record], judged: Sequence[Record]) -> list[str]:
    """Points that are slow on a node which is not slow as a whole."""
    slow = {(record["node"], record["device"]) for record in judged if record["verdict"] == SLOWER}
    found: dict[str, list[str]] = {}
    for record in records:
        if (
            record["event"] == "node_point_compared"
            and record["verdict"] == SLOWER
            and (record["node"], record["device"]) not in slow
        ):
            point = f"{workload_label(record)} {record['dtype']}, size {record['size']:,}"
            label = f"{point}, {record['ratio']:.3g} times"
            found.setdefault(f"{record['node']} on {record['device']}", []).append(label)
    return [f"In single points {where} is slower: {'; '.join(labels)}." for where, labels in found.items()]


def _unsure(judged: Sequence[Record]) -> list[str]:
    reasons = Counter(
        f"{record['device']}: {record['reason'] or 'the points alone are too noisy'}"
        for record in judged
        if record["verdict"] == UNSURE
    )
    return [f"UNSURE of {counted(count, 'node')} on {reason}." for reason, count in reasons.items()]


def to_csv(records: Sequence[Record]) -> str:
    """One line a measurement of each node, with what the comparison says of it."""
    rows = []
    verdicts = _verdicts_of(records)
    for node, of in by_node(records).items():
        for record in measurements(of):
            said = verdicts.get((node, *(record.get(name) for name in POINT)), {})
            contamination = "; ".join(record.get("contamination", ()))
            rows.append({"node": node, **record, **said, "contamination": contamination})
    added = ("reference", "ratio", "ratio_low", "ratio_high", "verdict")
    return csv_of_records(rows, ("node", *COLUMNS, *added))


def _verdicts_of(records: Sequence[Record]) -> dict[tuple[object, ...], dict[str, object]]:
    return {
        (record["node"], *(record[name] for name in POINT)): {
            "reference": record["reference"],
            "ratio": record["ratio"],
            "ratio_low": record["low"],
            "ratio_high": record["high"],
            "verdict": record["verdict"],
        }
        for record in records
        if record["event"] == "node_point_compared"
    }


def to_markdown(records: Sequence[Record]) -> str:
    """A page: what the comparison says, the nodes, and the time of every point on each."""
    results = by_node(records)
    parts = ["# Timing of several nodes", "\n".join(f"- {sentence}" for sentence in sentences(records))]
    parts.append(_nodes_table(records, results))
    parts.append(_points_table(records, results))
    others = [f"- {node}: {text}" for node, of in results.items() for text in _others(of)]
    parts.append("\n".join(dict.fromkeys(others)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _others(records: Sequence[Record]) -> list[str]:
    return [text for record in records if (text := lines.other_line(record))]


def _nodes_table(records: Sequence[Record], results: dict[str, list[Record]]) -> str:
    """A row for each device of each node."""
    judged = [record for record in records if record["event"] == "node_judged"]
    machines = {node: environment_line(environment_of(of)) for node, of in results.items()}
    rows = [
        [
            record["node"],
            record["device"],
            f"{record['ratio']:.3f}",
            "-" if record["low"] is None else f"{record['low']:.3f} to {record['high']:.3f}",
            record["points"],
            noise_label(record["floor"]),
            record["slower"],
            f"{record['worst']}: {record['worst_ratio']:.3f}",
            record["verdict"],
            machines.get(record["node"], ""),
        ]
        for record in judged
    ]
    rows += [
        [record["node"], "-", "-", "-", "-", "-", "-", "-", f"lost: {record['reason']}", ""]
        for record in records
        if _is_lost(record)
    ]
    columns = (
        *("Node", "Device", "Times as long", "95% CI or wider", "Points", "Noise", "Slower points"),
        *("Worst point", "Verdict", "Machine"),
    )
    return markdown_table(columns, rows) if rows else ""


def _points_table(records: Sequence[Record], results: dict[str, list[Record]]) -> str:
    """A row for each point, a column for each node."""
    times: dict[tuple[object, ...], dict[str, Record]] = {}
    for node, of in results.items():
        for record in measurements(of):
            times.setdefault(tuple(record.get(name) for name in POINT), {})[node] = record
    said = _verdicts_of(records)
    rows = []
    for point, of_nodes in times.items():
        one = next(iter(of_nodes.values()))
        cells = [workload_label(one), one["device"], one["dtype"], f"{one['size']:,}", threads_label(one)]
        cells += [duration(of_nodes[node]["median_s"]) if node in of_nodes else "-" for node in results]
        verdicts = {node: said[node, *point] for node in results if (node, *point) in said}
        cells.append(
            "; ".join(f"{node} {one['ratio']:.3f} {one['verdict']}" for node, one in verdicts.items())
        )
        rows.append(cells)
    columns = ("Workload", "Device", "Format", "Size", "Threads", *results, "Against the middle node")
    return markdown_table(columns, rows) if rows else ""


NODES = ResultFormat(HEADER, ("measurement_taken",), line, to_csv, to_markdown, sentences)
