"""What each layer of a network costs, as bars, and the shapes that it passes on, as stacks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import altair as alt
import pandas as pd

from core.layers.events import bytes_text, names, shape_text, totals

MAX_BARS = 24  # more layers than these are drawn block by block
QUANTITIES = {
    "parameters": "Parameters",
    "flops": "FLOPs",
    "kept_bytes": "Kept for backward",
    "seconds": "Time, forward",
}

STACK_PX, SMALLEST_PX = 84, 7  # of the largest and the smallest side
MAX_SHEETS, SHEET_OFFSET_PX = 8, 3
# A sheet's look; this blue is clear of a light and of a dark page.
SHEET = "box-sizing:border-box;border:1px solid #3A8FC7;border-radius:2px;background:rgba(58,143,199,.22)"
INPUT = "Input"


def costs_chart(counted: Mapping[str, Any]) -> alt.Chart:
    """Each layer's fraction of the network's parameters, FLOPs, kept memory and, where known, time."""
    blocks = in_blocks(counted["layers"])
    sums = totals(counted["layers"])
    shown = [name for name in QUANTITIES if sums[name]]
    table = pd.DataFrame(
        {
            "layer": block["name"],
            "place": place,
            "what": QUANTITIES[name],
            "fraction": block[name] / sums[name],
            "amount": _amount(name, block[name], counted["batch_size"]),
        }
        for place, block in enumerate(blocks)
        for name in shown
    )
    kinds = [QUANTITIES[name] for name in shown]
    places = {block["name"]: place for place, block in enumerate(blocks)}
    subtitle = (
        f"Fraction of the whole network, {'blocks' if len(blocks) < len(counted['layers']) else 'layers'}"
    )
    return (
        alt.Chart(
            table,
            title=alt.Title(
                "Where the cost is", subtitle=f"{subtitle} from input to output.", subtitleColor="gray"
            ),
            height=alt.Step(10 * len(shown) + 8, **{"for": "position"}),
        )
        .mark_bar()
        .encode(
            x=alt.X("fraction:Q", title="Fraction of the total", axis=alt.Axis(format="%", tickCount=8)),
            y=alt.Y("layer:N", title=None, sort=list(places), axis=alt.Axis(labelLimit=150)),
            yOffset=alt.YOffset("what:N", sort=kinds),
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=list(QUANTITIES.values())),
                legend=alt.Legend(orient="top", title=None, columns=2, values=kinds),
            ),
            tooltip=[
                alt.Tooltip("layer:N", title="Layer"),
                alt.Tooltip("what:N", title="What"),
                alt.Tooltip("amount:N", title="Amount"),
                alt.Tooltip("fraction:Q", title="Of the total", format=".1%"),
            ],
        )
    )


def in_blocks(layers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Layers with names that are used once, or, of a deep network, the sums over its blocks.

    A block is what lies in one part of the network, with the activations and functions that follow it.
    """
    shown = names(layers)
    if len(layers) <= MAX_BARS:
        return _named_once([_copied(name, layer) for name, layer in zip(shown, layers, strict=True)])
    blocks: list[dict[str, Any]] = []
    last_part = ""
    for name, layer in zip(shown, layers, strict=True):
        part = ".".join(layer["name"].split(".")[:2])
        if blocks and (part == last_part or _follows(layer)):
            for quantity in QUANTITIES:
                if layer[quantity] is not None:
                    blocks[-1][quantity] = (blocks[-1][quantity] or 0) + layer[quantity]
        else:
            blocks.append(_copied(name.split(", ")[0], layer))
            last_part = part
    return _named_once(blocks)


def _follows(layer: Mapping[str, Any]) -> bool:
    """Whether it is an activation or a function of torch, and no layer with a name of its own."""
    return not layer["parameters"] and (layer["kind"].islower() or layer["name"].endswith("activation"))


def _copied(name: str, layer: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name} | {quantity: layer[quantity] for quantity in QUANTITIES}


def _named_once(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[str, int] = {}
    for block in blocks:
        times = seen[block["name"]] = seen.get(block["name"], 0) + 1
        if times > 1:
            block["name"] += f" ({times})"
    return blocks


def _amount(name: str, value: float | None, batch: int) -> str:
    if name == "kept_bytes":
        return bytes_text(value or 0)
    if name == "seconds":
        return f"{1e6 * (value or 0):,.1f} µs"
    return f"{(value or 0) / (batch if name == 'flops' else 1):,.0f}"


def stacks_html(counted: Mapping[str, Any]) -> str:
    """The input and what each stage passes on, drawn to the square root of its sides, as HTML.

    Maps of one size are a stage; so is each vector. A line breaks where the page ends.
    """
    stages = list(_stages(counted))
    largest = max((max(shape[1:]) for _, shape, _ in stages if len(shape) == 3), default=1)
    longest = max((max(shape) for _, shape, _ in stages if len(shape) < 3 and shape), default=1)
    figures = [_figure(name, shape, parameters, largest, longest) for name, shape, parameters in stages]
    arrow = '<div aria-hidden="true" style="align-self:center;opacity:.5">→</div>'
    return (
        '<div role="list" aria-label="Shapes from input to output" style="display:flex;flex-wrap:wrap;'
        f'align-items:flex-end;gap:6px 10px">{arrow.join(figures)}</div>'
    )


def _stages(counted: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """Name, shape and parameters of each stage, which is named after its first layer with the most maps."""
    now = (INPUT, tuple(counted["input_shape"]), 0)
    for shown, layer in zip(names(counted["layers"]), counted["layers"], strict=True):
        name, before, parameters = now
        shape = tuple(layer["output_shape"])
        of_maps = len(shape) == len(before) == 3 and before[1:] == shape[1:] and name != INPUT
        if of_maps or (before == shape and not layer["parameters"]):
            widest = max((name, before), (shown, shape), key=lambda one: one[1])
            now = (*widest, parameters + layer["parameters"])
        else:
            yield now
            now = (shown, shape, layer["parameters"])
    yield now


def _figure(name: str, shape: tuple[int, ...], parameters: int, largest: int, longest: int) -> str:
    width, height, sheets = _sides(shape, largest, longest)
    offset = SHEET_OFFSET_PX * (sheets - 1)
    drawn = "".join(
        f'<div style="position:absolute;left:{offset - SHEET_OFFSET_PX * n}px;top:{SHEET_OFFSET_PX * n}px;'
        f'width:{width:.0f}px;height:{height:.0f}px;{SHEET}"></div>'
        for n in range(sheets)
    )
    text, added = shape_text(shape), f"{parameters:,} parameters" if parameters else "no parameters"
    return (
        '<div role="listitem" style="text-align:center;font-size:12px;line-height:1.3">'
        f'<div aria-hidden="true" style="position:relative;margin:0 auto 4px;width:{width + offset:.0f}px;'
        f'height:{height + offset:.0f}px">{drawn}</div><div><b>{escape(name)}</b></div><div>{text}</div>'
        f'<div style="opacity:.7">{added if name != INPUT else "&nbsp;"}</div></div>'
    )


def _sides(shape: tuple[int, ...], largest: int, longest: int) -> tuple[float, float, int]:
    """Width, height and number of sheets: maps are sheets, of which a doubling adds one."""
    if len(shape) == 3:
        channels, rows, columns = shape
        sheets = min(MAX_SHEETS, 1 + round(math.log2(channels)))
        return _side(columns, largest), _side(rows, largest), sheets
    if len(shape) == 2:  # over time: the steps to the right, the features up
        return _side(shape[0], longest), _side(shape[1], longest), 1
    return 10.0, _side(shape[0] if shape else 1, longest), 1


def _side(count: int, largest: int) -> float:
    return max(SMALLEST_PX, STACK_PX * math.sqrt(count / largest))
