"""Which node is the slow one: FASTER, SLOWER, SAME or UNSURE, by the statistics of all comparisons.

Figures of two nodes are figures of two results: taken at different moments, so judged by the unpaired noise
floors of both (core.timing.results.verdicts). A node as a whole is judged by the ratios of its points, each
against the same point elsewhere: their median, with its bootstrap interval, has to clear the noise.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from core.statistics import median_interval_if_enough
from core.timing.nodes.events import NodeJudged, NodePointCompared
from core.timing.results.labels import workload_label
from core.timing.results.table import POINT, Record, believed, environment_of, point_of
from core.timing.results.verdicts import (
    CONFIDENCE,
    FASTER,
    MIN_DIFFERENCE,
    SLOWER,
    UNSURE,
    Conditions,
    PointKey,
    compared,
    conditions_of,
    load_margin,
    verdict_of,
)

# Where the same operation differs this much from itself, figures of different moments say nothing.
USELESS_FLOOR = 1.0

Results = Mapping[str, Sequence[Record]]  # of each node


def compare_nodes(results: Results) -> Iterator[NodePointCompared | NodeJudged]:
    """Every point that two nodes or more have measured, then each device of each node."""
    conditions = {node: conditions_of(records) for node, records in results.items()}
    points = _points(results)
    rows: list[NodePointCompared] = []
    for of_nodes in points.values():
        rows += _compared(of_nodes, conditions)
    yield from rows
    devices = dict.fromkeys((node, point[5]) for point, of in points.items() for node in of)
    several = {device: len({node for node, of in devices if of == device}) for _, device in devices}
    for node, device in devices:
        own = {point: of for point, of in points.items() if point[5] == device and node in of}
        yield _judged(node, device, own, rows, conditions, several[device])


def _points(results: Results) -> dict[PointKey, dict[str, Record]]:
    """The measurements of each point, by node; those that one node alone has are left out."""
    found: dict[PointKey, dict[str, Record]] = {}
    cores = {node: environment_of(records).get("usable_cores") for node, records in results.items()}
    for node, records in results.items():
        for record in believed(records):
            found.setdefault(_key(record, cores.get(node)), {})[node] = record
    return {point: of for point, of in found.items() if len(of) > 1}


def _key(record: Record, cores: int | None) -> PointKey:
    """As point_of(), but all cores are all cores, however many a node has."""
    *of, threads = point_of(record)
    return (*of, "all" if threads is not None and threads > 1 and threads == cores else threads)


def _compared(
    of_nodes: Mapping[str, Record], conditions: Mapping[str, Conditions]
) -> list[NodePointCompared]:
    """Each node against the middle one; of two, the slower against the faster."""
    order = sorted(of_nodes, key=lambda node: of_nodes[node]["median_s"])
    reference = order[(len(order) - 1) // 2]
    rows = []
    for node in order:
        if node != reference:
            one = compared(conditions[reference], of_nodes[reference], conditions[node], of_nodes[node])
            rows.append(
                NodePointCompared(
                    node=node,
                    reference=reference,
                    **{name: of_nodes[node][name] for name in POINT},
                    node_s=one.candidate_s,
                    reference_s=one.baseline_s,
                    ratio=one.ratio,
                    low=one.low,
                    high=one.high,
                    floor=one.floor,
                    verdict=one.verdict,
                )
            )
    return rows


def _judged(
    node: str,
    device: str,
    points: Mapping[PointKey, Mapping[str, Record]],
    rows: Sequence[NodePointCompared],
    conditions: Mapping[str, Conditions],
    several: int,
) -> NodeJudged:
    ratios = {point: _ratio(node, of) for point, of in points.items()}
    logs = [math.log(ratio) for ratio in ratios.values()]
    # All devices of one kind are judged together, and together they may be wrong in 1%.
    interval = median_interval_if_enough(logs, confidence=1 - (1 - CONFIDENCE) / several)
    own = [
        _own_verdict(row, node) for row in rows if node in (row.node, row.reference) and row.device == device
    ]
    noise = sorted(
        conditions[one].noise.get(device, 0.0) for one in {of for pair in points.values() for of in pair}
    )
    floor = max(MIN_DIFFERENCE, noise[-1])
    worst = max(ratios, key=lambda point: ratios[point])
    verdict, reason = _verdict(interval, own, floor, _loads(node, points, conditions))
    return NodeJudged(
        node=node,
        device=device,
        against=_against(node, points),
        points=len(points),
        ratio=math.exp(statistics.median(logs)),
        low=math.exp(interval[0]) if interval else None,
        high=math.exp(interval[1]) if interval else None,
        floor=floor,
        verdict=verdict,
        slower=own.count(SLOWER),
        faster=own.count(FASTER),
        worst=_point_label(points[worst][node]),
        worst_ratio=ratios[worst],
        reason=reason,
    )


def _ratio(node: str, of_nodes: Mapping[str, Record]) -> float:
    """The node's time over that of the other one, or over the median of all where there are several."""
    times = {one: record["median_s"] for one, record in of_nodes.items()}
    others = [time_s for one, time_s in times.items() if one != node]
    return float(times[node] / (others[0] if len(others) == 1 else statistics.median(times.values())))


def _own_verdict(row: NodePointCompared, node: str) -> str:
    """What a row says of this node: the other way round where it is the reference."""
    turned = {SLOWER: FASTER, FASTER: SLOWER}
    return row.verdict if row.node == node else turned.get(row.verdict, row.verdict)


def _loads(
    node: str, points: Mapping[PointKey, Mapping[str, Record]], conditions: Mapping[str, Conditions]
) -> tuple[float, float]:
    """How much slower other programs can have made this node's figures, and those of the others: medians."""
    own = [load_margin(conditions[node], of[node]) for of in points.values()]
    others = [
        load_margin(conditions[one], record)
        for of in points.values()
        for one, record in of.items()
        if one != node
    ]
    return statistics.median(own), statistics.median(others)


def _verdict(
    interval: tuple[float, float] | None, own: Sequence[str], floor: float, loads: tuple[float, float]
) -> tuple[str, str]:
    """The verdict, and why it is UNSURE: noise, other programs, or too few points."""
    if interval is None:
        # Too few points for an interval of their median: they have to agree.
        agreed = set(own)
        if len(agreed) == 1:
            return agreed.pop(), ""
        return UNSURE, "its points do not agree, and there are too few for an interval"
    verdict = verdict_of(*interval, floor)
    for slow, margin, end in ((SLOWER, loads[0], interval[0]), (FASTER, loads[1], -interval[1])):
        if verdict == slow and end <= math.log1p(margin):
            return UNSURE, "other programs used the processors meanwhile, which can explain it"
    if verdict == UNSURE and floor >= USELESS_FLOOR:
        return UNSURE, "the same figure differs so much from moment to moment that nothing can be said"
    if verdict == UNSURE:
        return UNSURE, f"figures of different moments differ by up to {floor:.1%}"
    return verdict, ""


def _against(node: str, points: Mapping[PointKey, Mapping[str, Record]]) -> str:
    others = list(dict.fromkeys(one for of in points.values() for one in of if one != node))
    return others[0] if len(others) == 1 else f"the median of {len(others) + 1} nodes"


def _point_label(record: Record) -> str:
    threads = f", {record['threads']} threads" if (record["threads"] or 0) > 1 else ""
    return f"{workload_label(record)} {record['dtype']}, size {record['size']:,}{threads}"
