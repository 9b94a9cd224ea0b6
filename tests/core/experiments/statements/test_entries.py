"""What every statement promises, whatever it says."""

from __future__ import annotations

import math
import re
import subprocess
import sys

import pytest

from core.experiments.chapters import CHAPTERS
from core.experiments.overview.lessons import LESSONS, statements_of
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement import EXACT, FULL, IMAGES, MEDIAN, QUICK
from core.options import check_options
from core.statistics import median_bounds
from dashboard.pages import PAGES

OF_THE_TEXT = range(1, 19)  # its statements' numbers

FITS_A_PHONE = 49  # characters of a chart's title

EVERY = pytest.mark.parametrize("key", STATEMENTS)


@EVERY
def test_its_texts_are_whole(key: str) -> None:
    entry = STATEMENTS[key]
    texts = [entry.sentence, entry.question, entry.strongest, *entry.why]
    assert all(re.search(r"[.?!]['\")”]*$", text) for text in texts), "a sentence has no end"
    assert entry.question.endswith("?")
    assert 2 <= len(entry.title.split()) <= 7
    assert re.search(r"[\u4e00-\u9fff]", entry.sentence_zh)
    assert entry.section
    assert entry.section_zh
    assert not entry.condition.endswith("."), "it stands within a sentence"
    assert entry.chapter in CHAPTERS
    assert entry.formula
    assert entry.sources
    assert all(not source.url or source.url.startswith("https://") for source in entry.sources)


@EVERY
def test_its_picture_says_what_to_see(key: str) -> None:
    plot = STATEMENTS[key].plot
    assert plot.title
    assert plot.look.endswith((".", "!", "?"))
    assert len(plot.title) <= FITS_A_PHONE
    assert plot.kind == IMAGES or (plot.x and plot.y)


@EVERY
def test_its_settings_can_be_what_they_are_by_default_and_on_the_slider(key: str) -> None:
    entry = STATEMENTS[key]
    for effort in (QUICK, FULL):
        check_options(entry.settings, entry.settings_of(effort, {}), key)
    if entry.slider:
        assert len(entry.slider.values) >= 3
        for value in entry.slider.values:
            given = {**entry.slider.quick, entry.slider.setting: (value,)}
            check_options(entry.settings, given, key)
            assert entry.claims(entry.settings_of(QUICK, given)), value


@EVERY
def test_its_seeds_are_enough_for_its_intervals(key: str) -> None:
    """With fewer no interval of its claims could be finite, and no verdict come out but unsure."""
    entry = STATEMENTS[key]
    if "seeds" not in entry.settings:
        pytest.skip("its repetitions are rounds of a clock, or it has no chance in it")
    sliders = (
        [{**entry.slider.quick, entry.slider.setting: (entry.slider.values[0],)}] if entry.slider else []
    )
    for given in ({}, *sliders):
        settings = entry.settings_of(QUICK, given)
        claims = [claim for claim in entry.claims(settings) if claim.method != EXACT]
        if any(claim.method == MEDIAN for claim in claims):
            values = [float(n) for n in range(settings["seeds"])]
            _, low, high = median_bounds(values, values, 1 - 0.05 / len(claims))
            assert math.isfinite(low - high), f"{settings['seeds']} seeds for {len(claims)} claims"


@EVERY
def test_its_doors_lead_to_pages(key: str) -> None:
    assert all(link.page in PAGES and link.label for link in STATEMENTS[key].links)


def test_the_eighteen_statements_of_the_text_are_there_each_under_its_own_number() -> None:
    numbers = [entry.number for entry in STATEMENTS.values()]
    assert len(set(numbers)) == len(numbers)
    assert {int(re.sub(r"\D", "", number)) for number in numbers} >= set(OF_THE_TEXT)


def test_every_statement_of_the_text_is_in_one_lesson_and_each_lesson_turns_a_slider() -> None:
    taught = [key for lesson in LESSONS.values() for key in statements_of(lesson)]
    of_the_text = [key for key, entry in STATEMENTS.items() if entry.order[0] in OF_THE_TEXT]
    assert len(set(taught)) == len(taught)
    assert set(taught) >= set(of_the_text)
    assert len(LESSONS) == 8
    by_number = {entry.number: entry for entry in STATEMENTS.values()}
    for lesson in LESSONS.values():
        assert lesson.turn in lesson.statements
        assert by_number[lesson.turn].slider is not None
        assert lesson.question.endswith("?")


def test_reading_them_loads_no_framework() -> None:
    heavy = ("torch", "sklearn", "matplotlib", "pandas", "numba")
    code = "import core.experiments.overview.registry, sys; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert set(heavy).isdisjoint(out.split())
