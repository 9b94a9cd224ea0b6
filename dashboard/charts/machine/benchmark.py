"""Charts of a sweep, from the records of its events. Each describes itself in words too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import altair as alt
import pandas as pd

from core.timing.results.emulation import is_emulated, shown_names
from core.timing.results.table import Record, believed, measurements, series_name, workloads_of
from core.timing.roofline.ceilings import GOOD_FRACTION, Ceiling
from core.timing.sweeps.speedup import Speedup, against_random, speedups
from core.timing.workloads import WORKLOADS
from dashboard.charts.machine.known import MAX_SERIES, Known, known_of

HEIGHT = 380

# Readings that change while a device works: title, unit on the axis, and what one unit is in the reading's.
READINGS = {
    "utilisation": ("Utilisation", "%", 1.0),
    "clock": ("Clock", "MHz", 1.0),
    "temperature": ("Temperature", "°C", 1.0),
    "power": ("Power", "W", 1.0),
    "memory_used": ("Memory in use", "GiB", 2.0**30),
}

# A ceiling that no point comes nearer to than this is left out: it would squeeze all points to the bottom.
_MIN_PERCENT_OF_BAND = 10.0

# More readings of a device than these are drawn as means of neighbours.
_MAX_READINGS = 400

_MICRO = "format(datum.value, '~s') + 's'"  # 0.00012 becomes 120µs


def rate_chart(
    records: Sequence[Record],
    sizes: Sequence[int],
    log_y: bool = False,
    known: Known | None = None,
) -> alt.LayerChart:
    """Rate against size with the 95% confidence interval of each point, in GFLOP/s; in GB/s for what only
    moves data. A band reaches to what the device could do at most, where that is known.

    known: what the whole result says of the devices and formats; of `records` themselves if left out.
    """
    known = known or known_of(records)
    rows = _rows(records, known)
    column, unit = ("gbps", "GB/s") if len(rows) and not rows["gflops"].any() else ("gflops", "GFLOP/s")
    interval = (f"{column}_low", f"{column}_high")
    bands = _bands(records, known, column)
    scale = _scale(rows, (column, *interval), bands["high"]) if log_y else alt.Scale(zero=True)
    axis = alt.Axis(tickCount=6, format=",~r")
    return _against_size(
        rows,
        sizes,
        alt.Y(f"{column}:Q", title=f"Rate ({unit})", scale=scale, axis=axis),
        f"Rate ({unit})",
        interval,
        title="Rate against size",
        tooltips=_measured_tooltips(rows),
        words=_in_words(rows, column, f"{{:,.0f}} {unit}", highest=True),
        size_title=_size_title(records),
        bands=bands,
    )


def has_bands(records: Sequence[Record], known: Known) -> str | None:
    """What the bands of rate_chart() reach to, in words; None where it has none."""
    shown = _banded(known.ceilings(records))
    return " or ".join(dict.fromkeys(one.of for one in shown)) or None


def time_chart(
    records: Sequence[Record],
    sizes: Sequence[int],
    known: Known | None = None,
    first_calls: bool = False,
) -> alt.LayerChart:
    """Median time of one operation against size, both logarithmic.

    first_calls: also that of the first call of each size, and of calls on cold caches where they are known.
    """
    rows = _rows(records, known or known_of(records))
    interval = ("ci_low_s", "ci_high_s")
    columns = ("median_s", *interval, *(("first_call_s", "cold_median_s") if first_calls else ()))
    return _against_size(
        rows,
        sizes,
        alt.Y(
            "median_s:Q",
            title="Time of one operation",
            scale=_scale(rows, columns, nice=True),
            axis=alt.Axis(labelExpr=_MICRO, tickCount=5),
        ),
        "Time of one operation",
        interval,
        title="Time against size",
        tooltips=_measured_tooltips(rows),
        words=_in_words(rows, "median_s", "{:.3g} s", highest=False),
        size_title=_size_title(records),
        thin={"first_call_s": [1, 3], "cold_median_s": [6, 3]} if first_calls else {},
    )


def speedup_chart(
    records: Sequence[Record], sizes: Sequence[int], known: Known | None = None
) -> alt.LayerChart:
    """How many times faster each series is than the CPU, or than the CPU's simplest way without a GPU."""
    found = [speedup for speedup in speedups(records) if speedup.series != speedup.reference]
    references = sorted({speedup.reference for speedup in found})
    over = references[0] if len(references) == 1 else "the CPU in the same precision"
    shown = known.shown if known else None
    if shown is not None:
        found = [speedup for speedup in found if speedup.series in shown]
    return _ratio_chart(records, sizes, found, f"Speed-up over {over}", known)


def data_chart(records: Sequence[Record], sizes: Sequence[int], known: Known | None = None) -> alt.LayerChart:
    """How many times faster other data than random looks: how far a benchmark on it misleads."""
    furthest: dict[str, float] = {}
    found = against_random(records)
    for one in found:
        furthest[one.series] = max(furthest.get(one.series, 0.0), abs(math.log(one.ratio)))
    shown = sorted(furthest, key=furthest.__getitem__, reverse=True)[:MAX_SERIES]
    found = [one for one in found if one.series in shown]
    return _ratio_chart(records, sizes, found, "Speed-up over random data", known)


def _ratio_chart(
    records: Sequence[Record],
    sizes: Sequence[int],
    found: Sequence[Speedup],
    title: str,
    known: Known | None,
) -> alt.LayerChart:
    rows = pd.DataFrame([asdict(speedup) for speedup in found], columns=list(_SPEEDUP_COLUMNS))
    rows = _named(rows, records, known or known_of(records))
    same_speed = alt.Chart(pd.DataFrame({"ratio": [1.0]})).mark_rule(color="gray", strokeDash=[2, 3])
    return _against_size(
        rows,
        sizes,
        alt.Y(
            "ratio:Q",
            title="Times as fast",
            scale=_scale(rows, ("ratio", "low", "high"), pd.Series([1.0]), base=2),
            axis=alt.Axis(format=".4~g"),
        ),
        "Times as fast",
        ("low", "high"),
        title=title,
        tooltips=[
            alt.Tooltip("series:N", title="What"),
            alt.Tooltip("reference:N", title="Against"),
            alt.Tooltip("size:Q", title="Size", format=","),
            alt.Tooltip("ratio:Q", title="Times as fast", format=".3g"),
            alt.Tooltip("low:Q", title="At least", format=".3g"),
            alt.Tooltip("high:Q", title="At most", format=".3g"),
        ],
        words=_in_words(rows, "ratio", "{:.3g} times as fast", highest=True),
        every=_every_shown(records, found, known or known_of(records)),
        below=[same_speed.encode(y="ratio:Q")],
        size_title=_size_title(records),
    )


def reading_chart(records: Sequence[Record], reading: str) -> alt.Chart:
    """One reading of each device over the run: its mean over each measurement, or as it stood after it.

    A device that does not give it is left out; unreported() tells why. CPU utilisation has a second line for
    what other programs used.
    """
    title, unit, one = READINGS[reading]
    rows = _samples(records, reading, one)
    if reading == "utilisation":
        rows += [row | {"device": "cpu, other programs"} for row in _samples(records, "others", one)]
    table = pd.DataFrame(_thinned(rows), columns=["at_s", "value", "highest", "device", "during"])
    table = table.assign(dash=table["device"])
    highest = f" Highest: {table['value'].max():,.3g} {unit}." if rows else ""
    shown = list(dict.fromkeys(table["device"]))
    colour, dash, _ = _series_encodings("device", shown, shown)
    return (
        alt.Chart(table, title=title, height=250, description=f"{title} in {unit} over the run.{highest}")
        .mark_line(point=alt.OverlayMarkDef(size=18), clip=True)
        .encode(
            x=alt.X("at_s:Q", title="Seconds since the start", axis=alt.Axis(tickCount=6, labelFlush=True)),
            y=alt.Y(
                "value:Q",
                title=unit,
                scale=alt.Scale(domain=[0, 100]) if unit == "%" else alt.Scale(zero=False, nice=True),
                axis=alt.Axis(values=[0, 50, 100]) if unit == "%" else alt.Axis(tickCount=4),
            ),
            color=colour,
            strokeDash=dash,
            tooltip=[
                alt.Tooltip("device:N", title="Device"),
                alt.Tooltip("value:Q", title=f"{title} ({unit})", format=",.3~f"),
                alt.Tooltip("highest:Q", title=f"Highest ({unit})", format=",.3~f"),
                alt.Tooltip("during:N", title="Measuring"),
                alt.Tooltip("at_s:Q", title="Seconds since the start", format=".1f"),
            ],
        )
    )


def reported(records: Sequence[Record]) -> list[str]:
    """Names of the readings that at least one device gives."""
    given = {
        name
        for record in records
        if record["event"] == "device_sampled"
        for name, one in record["readings"].items()
        if one.get("value") is not None
    }
    return [reading for reading in READINGS if reading in given]


def unreported(records: Sequence[Record]) -> list[str]:
    """Why the others are missing, a sentence for each device and reading."""
    reasons = {}
    for record in records:
        if record["event"] == "device_sampled":
            for name, one in record["readings"].items():
                if one.get("reason") and name in READINGS:
                    reasons[record["device"], name] = one["reason"]
    return [f"{device} {READINGS[name][0].lower()}: {reason}" for (device, name), reason in reasons.items()]


_SPEEDUP_COLUMNS = ("series", "reference", "size", "ratio", "low", "high")
_MEASURED_COLUMNS = (
    "series", "size", "median_s", "ci_low_s", "ci_high_s", "gflops", "gflops_low", "gflops_high", "samples",
    "stopped_by", "gbps", "gbps_low", "gbps_high", "reached", "precision", "limit",
    "first_call_s", "cold_median_s",
)  # fmt: skip
_BAND_COLUMNS = ("series", "size", "low", "high", "of")


def _rows(records: Sequence[Record], known: Known) -> pd.DataFrame:
    reached = {
        (one.series, one.size): f"{one.percent:.0f}% of the {one.of}" for one in known.ceilings(records)
    }
    rows = [
        {
            **dict.fromkeys(("precision", "limit", "cold_median_s")),
            **record,
            "series": name,
            "gbps": record["bytes_moved"] / record["median_s"] / 1e9,
            "gbps_low": record["bytes_moved"] / record["ci_high_s"] / 1e9,
            "gbps_high": record["bytes_moved"] / record["ci_low_s"] / 1e9,
            "reached": reached.get((name, record["size"])),
        }
        for name, record in ((series_name(record), record) for record in believed(records))
        if known.shown is None or name in known.shown
    ]
    return _named(pd.DataFrame(rows, columns=list(_MEASURED_COLUMNS)), records, known)


def _named(rows: pd.DataFrame, records: Sequence[Record], known: Known) -> pd.DataFrame:
    """The rows with the names of series as they are shown, and whether a series is emulated."""
    names, formats = _every_name(records, known), known.emulated
    of = {series_name(record) for record in measurements(records) if is_emulated(record, formats)}
    return rows.assign(emulated=rows["series"].isin(of), series=rows["series"].map(names))


def _every_name(records: Sequence[Record], known: Known) -> dict[str, str]:
    return shown_names(measurements(records), known.emulated)


def _every_shown(records: Sequence[Record], found: Sequence[Speedup], known: Known) -> list[str]:
    """All series of the run, so that one looks the same in all charts; of too many, those that are drawn."""
    names = _every_name(records, known)
    if known.shown is None:
        return list(names.values())
    drawn = {speedup.series for speedup in found}
    return [shown for name, shown in names.items() if name in drawn or name in known.shown]


def _banded(found: Sequence[Ceiling]) -> list[Ceiling]:
    """The ceilings of the series that come near theirs, at two sizes at least: else there is no band."""
    best: dict[str, float] = {}
    sizes: dict[str, set[int]] = {}
    for one in found:
        best[one.series] = max(best.get(one.series, 0.0), one.percent)
        sizes.setdefault(one.series, set()).add(one.size)
    return [one for one in found if best[one.series] >= _MIN_PERCENT_OF_BAND and len(sizes[one.series]) > 1]


def _bands(records: Sequence[Record], known: Known, column: str) -> pd.DataFrame:
    names = _every_name(records, known)
    rows = [
        {
            "series": names.get(one.series, one.series),
            "size": one.size,
            "low": GOOD_FRACTION * value,
            "high": value,
            "of": f"{GOOD_FRACTION:.0%} to 100% of the {one.of}",
        }
        for one in _banded(known.ceilings(records))
        if (known.shown is None or one.series in known.shown)
        if (value := getattr(one, column)) is not None
    ]
    return pd.DataFrame(rows, columns=list(_BAND_COLUMNS))


def _scale(
    rows: pd.DataFrame,
    columns: Sequence[str],
    also: pd.Series | None = None,
    base: int = 10,
    nice: bool = False,
) -> alt.Scale:
    """A logarithmic scale. What is emulated has no say in where it ends: it would squeeze all the others."""
    scale: dict[str, Any] = {"type": "log", "base": base} | ({"nice": True} if nice else {})
    if rows.empty or not rows["emulated"].any() or rows["emulated"].all():
        return alt.Scale(**scale)
    values = pd.concat([rows.loc[~rows["emulated"], list(columns)].stack(), also])
    values = values[values > 0]
    return alt.Scale(**(scale | {"nice": False}), domain=[values.min() / 1.3, values.max() * 1.3])


def _size_title(records: Sequence[Record]) -> str:
    """What the size axis counts: of matrices where nothing else was measured."""
    names = workloads_of(records) or ["gemm"]
    if names == ["gemm"]:
        return "Size N of an N × N matrix"
    means = {WORKLOADS[name].size_means for name in names if name in WORKLOADS}
    return f"Size: {means.pop()}" if len(means) == 1 else "Size"


def _against_size(
    rows: pd.DataFrame,
    sizes: Sequence[int],
    y: alt.Y,
    y_title: str,
    interval: tuple[str, str],
    title: str,
    tooltips: list[alt.Tooltip],
    words: str,
    every: Sequence[str] = (),
    below: Sequence[alt.Chart] = (),
    size_title: str = "Size",
    bands: pd.DataFrame | None = None,
    thin: Mapping[str, list[int]] | None = None,
) -> alt.LayerChart:
    """Lines with points and interval bars; the size axis is that of the whole run from the start.

    bands: areas behind the lines, each in the colour of its series. thin: dashes of thin lines of further
    columns, where these have values.
    """
    ticks, shown = sorted(set(sizes)), list(dict.fromkeys(rows["series"]))
    colour, dash, shape = _series_encodings("series", every or shown, shown)
    x = alt.X(
        "size:Q",
        title=size_title,
        scale=alt.Scale(type="log", base=2, domain=[ticks[0], ticks[-1]], nice=False, padding=12),
        axis=alt.Axis(values=ticks, format="d", labelOverlap="greedy"),
    )
    base = alt.Chart(rows.assign(dash=rows["series"])).encode(x=x, color=colour)
    low, high = interval
    behind = [*below]
    if bands is not None and not bands.empty:
        area = alt.Chart(bands).mark_area(opacity=0.16, clip=True)
        tooltip = [alt.Tooltip("series:N", title="What"), alt.Tooltip("of:N", title="Band")]
        behind.append(
            area.encode(
                x=x,
                color=colour,
                y=alt.Y("low:Q", title=y_title),
                y2="high:Q",
                tooltip=tooltip,
            )
        )
    behind += [
        base.transform_filter(f"isValid(datum.{column})")
        .mark_line(strokeWidth=1, strokeDash=pattern, clip=True)
        .encode(y=alt.Y(f"{column}:Q", title=y_title))
        for column, pattern in (thin or {}).items()
        if rows[column].notna().any()
    ]
    lines = base.mark_line(strokeWidth=2, clip=True).encode(y=y, strokeDash=dash)
    bars = base.mark_rule(strokeWidth=3, opacity=0.5, clip=True).encode(
        y=alt.Y(f"{low}:Q", title=y_title), y2=f"{high}:Q"
    )
    dots = base.mark_point(filled=True, size=70, opacity=1, clip=True)
    points = dots.encode(y=y, shape=shape, tooltip=tooltips)
    return alt.LayerChart(
        layer=[*behind, lines, bars, points], title=title, height=HEIGHT, description=f"{title}. {words}"
    )


def _series_encodings(
    field: str, every: Sequence[str], shown: Sequence[str]
) -> tuple[alt.Color, alt.StrokeDash, alt.Shape]:
    """A colour of the theme, a dash pattern and a shape for each series, so that none is needed alone.

    every: all series of the run in order, so that one looks the same in all charts. The dash has a column of
    its own, "dash", with the same values: one column for both would make the legend draw dashed symbols.
    """
    scale = alt.Scale(domain=list(every))
    legend = alt.Legend(
        values=list(shown),
        orient="top",
        columns=2,
        columnPadding=6,
        labelFontSize=11,
        labelLimit=0,
        symbolOpacity=1,
    )
    return (
        alt.Color(f"{field}:N", title=None, scale=scale, legend=legend if len(every) > 1 else None),
        alt.StrokeDash("dash:N", scale=scale, legend=None),
        alt.Shape(f"{field}:N", title=None, scale=scale, legend=legend if len(every) > 1 else None),
    )


def _measured_tooltips(rows: pd.DataFrame) -> list[alt.Tooltip]:
    """What is known of each point; what only some results have is left out of the others'."""
    more = (("reached", "Reaches"), ("precision", "Ran in"), ("limit", "Limit"))
    cold = [alt.Tooltip("cold_median_s:Q", title="On cold caches (s)", format=".4~s")]
    return [
        alt.Tooltip("series:N", title="What"),
        alt.Tooltip("size:Q", title="Size", format=","),
        alt.Tooltip("gflops:Q", title="GFLOP/s", format=",.4~g"),
        alt.Tooltip("median_s:Q", title="Median (s)", format=".4~s"),
        alt.Tooltip("ci_low_s:Q", title="95% interval from (s)", format=".4~s"),
        alt.Tooltip("ci_high_s:Q", title="to (s)", format=".4~s"),
        alt.Tooltip("first_call_s:Q", title="First call (s)", format=".4~s"),
        *(cold if rows["cold_median_s"].notna().any() else []),
        alt.Tooltip("samples:Q", title="Samples"),
        alt.Tooltip("stopped_by:N", title="Stopped by"),
        *(alt.Tooltip(f"{name}:N", title=title) for name, title in more if rows[name].notna().any()),
    ]


def _in_words(rows: pd.DataFrame, column: str, form: str, highest: bool) -> str:
    """The best point of each series in a sentence."""
    if rows.empty:
        return "No points yet."
    texts = []
    for series, group in rows.groupby("series", sort=False):
        best = group.loc[group[column].idxmax() if highest else group[column].idxmin()]
        texts.append(f"{series}: {form.format(best[column])} at size {best['size']}")
    return "Best of each series: " + "; ".join(texts) + "."


def _thinned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, or of each device means of neighbours where a chart cannot show so many."""
    of_device: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        of_device.setdefault(row["device"], []).append(row)
    found = []
    for of in of_device.values():
        together = math.ceil(len(of) / _MAX_READINGS)
        for start in range(0, len(of), together):
            some = of[start : start + together]
            mean = {name: sum(row[name] for row in some) / len(some) for name in ("at_s", "value")}
            found.append(some[0] | mean | {"highest": max(row["highest"] for row in some)})
    return found


def _samples(records: Sequence[Record], reading: str, one: float) -> list[dict[str, Any]]:
    sampled = [record for record in records if record["event"] == "device_sampled"]
    return [
        {
            "at_s": record["at_s"],
            "value": given["value"] / one,
            "highest": record.get("highest", {}).get(reading, given["value"]) / one,
            "device": record["device"],
            "during": record["during"],
        }
        for record in sampled
        if (given := record["readings"].get(reading)) and given.get("value") is not None
    ]
