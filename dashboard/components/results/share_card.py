"""A quick check as a picture to share: the verdict, the machine and its figures, 1200 by 630 pixels."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from core.timing.quick_check.events import FAIR, GOOD, NOTE, POOR, UNKNOWN, WORDS
from core.timing.quick_check.ticket import verdict_of
from core.timing.results.labels import environment_line
from core.timing.results.lines import findings_in_order
from core.timing.results.table import Record, environment_of
from core.timing.results.units import duration, figure, flops_rate

SIZE = (1200, 630)
# Seen apart also by those who tell red and green badly; the word stands beside each.
COLOURS = {GOOD: "#1a7f37", FAIR: "#b35900", POOR: "#c62828", UNKNOWN: "#6b7280", NOTE: "#3b6ea5"}
_INK, _FAINT, _PAPER, _MARGIN = "#1f2328", "#5b626b", "#ffffff", 56
_ROWS = 7


def share_card(records: Sequence[Record]) -> bytes:
    """The card as PNG; what does not fit on its lines is cut with an ellipsis."""
    image = Image.new("RGB", SIZE, _PAPER)
    draw = ImageDraw.Draw(image)
    verdict = verdict_of(records)
    rating = verdict["rating"] if verdict else UNKNOWN
    draw.rectangle((0, 0, SIZE[0], 14), fill=COLOURS[rating])
    _text(draw, (_MARGIN, 46), f"Quick check: {WORDS[rating]}", 50, COLOURS[rating])
    environment = environment_of(records)
    started = next((str(r["started_at"])[:10] for r in records if r["event"] == "environment_read"), "")
    _text(draw, (_MARGIN, 120), environment_line(environment), 22, _FAINT)
    for row, one in enumerate(_shown(verdict["findings"] if verdict else ())):
        _finding(draw, 176 + 56 * row, one)
    _text(draw, (_MARGIN, SIZE[1] - 48), f"Nablascope, python -m core.timing check, {started}", 20, _FAINT)
    png = io.BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def _shown(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What is not good first, then figures, as many as there are lines."""
    with_figures = [
        one for one in findings_in_order(findings) if one["measured"] is not None or one["rating"] == POOR
    ]
    return with_figures[:_ROWS]


def _finding(draw: ImageDraw.ImageDraw, top: int, one: Mapping[str, Any]) -> None:
    colour = COLOURS[one["rating"]]
    draw.ellipse((_MARGIN, top + 10, _MARGIN + 20, top + 30), fill=colour)
    _text(draw, (_MARGIN + 36, top), f"{one['subject']}, {one['device']}", 26, _INK, 600)
    _text(draw, (700, top), _amount(one), 26, _INK, 200)
    share = one["fraction"]
    if share is not None:
        left, right = 920, SIZE[0] - _MARGIN - 70
        draw.rectangle((left, top + 14, right, top + 26), fill="#e6e8eb")
        draw.rectangle((left, top + 14, left + min(share, 1.0) * (right - left), top + 26), fill=colour)
        _text(draw, (right + 12, top + 4), f"{share:.0%}", 20, _FAINT)


def _amount(one: Mapping[str, Any]) -> str:
    value, unit = one["measured"], one["unit"]
    if value is None:
        return ""
    if unit == "GFLOP/s":
        return flops_rate(value)
    if unit == "s":
        return duration(value)
    if unit == "relative":
        return f"± {value:.1%}"
    return f"{figure(value)} ×" if unit.startswith("times") else f"{figure(value)} {unit}"


def _text(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, fill: str, width: int | None = None
) -> None:
    font = ImageFont.load_default(size)
    room = width or SIZE[0] - _MARGIN - at[0]
    shown = text
    while shown and draw.textlength(shown, font) > room:
        shown = shown[:-2].rstrip() + "…"
    draw.text(at, shown, fill, font)
