"""The picture to share is a PNG of its size, and its colour is the verdict's."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageColor

from core.events import event_record
from core.timing.quick_check.events import FAIR, GOOD, POOR, UNKNOWN, Finding, MachineChecked
from core.timing.results.events import SCHEMA, EnvironmentRead
from dashboard.components.results.share_card import COLOURS, SIZE, share_card


@pytest.mark.parametrize("rating", [GOOD, FAIR, POOR, UNKNOWN])
def test_the_card_has_the_colour_of_its_verdict(rating: str) -> None:
    finding = Finding("Matrix product " * 9, "cuda:0", rating, "Says.", 1e15, 1e15, "GFLOP/s", 1.7)
    records = [
        event_record(EnvironmentRead(SCHEMA, "2026-01-01T00:00:00", {"cpu": "Abacus 9 " * 40})),
        event_record(MachineChecked(rating, "A sentence.", (finding,) * 30)),
    ]
    card = Image.open(io.BytesIO(share_card(records)))
    assert (card.format, card.size) == ("PNG", SIZE)
    assert card.getpixel((600, 5)) == ImageColor.getrgb(COLOURS[rating])
    assert card.getpixel((SIZE[0] - 5, 300)) == (255, 255, 255)  # nothing runs over the edge
