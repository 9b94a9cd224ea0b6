"""What a statement of the source text is here: a sentence, an experiment, and a rule that judges it.

An entry lies in a file of its own in `statements/`. Its `measure` is a generator of events; its `claims` say
which numbers among them would support the sentence. A verdict is computed from intervals by `verdicts`, and
never written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.options import Option

# Efforts: some seconds, and as long as the interval needs.
QUICK, FULL = "quick", "full"

# When a claim is true: on which side of its threshold the whole interval lies. OUTSIDE and WITHIN are of the
# band from minus the threshold to the threshold, BETWEEN of that from the threshold to the upper one.
ABOVE, BELOW, OUTSIDE, WITHIN, BETWEEN = "above", "below", "outside", "within", "between"

# How an interval is computed: of the median over seeds by order statistics; of the mean over splits that
# overlap by the corrected resampled t; none, for a count or an identity that has no spread.
MEDIAN, CORRECTED_T, EXACT = "median", "corrected_t", "exact"

# Kinds of picture.
LINES, INTERVALS, BARS, IMAGES = "lines", "intervals", "bars", "images"

Settings = Mapping[str, Any]  # a value of every setting, by name


@dataclass(frozen=True)
class Claim:
    """Something that the sentence says, under one condition, as a rule on the interval of one number."""

    says: str  # what must be true, as a phrase with its threshold: "less than 1% of the gradient arrives"
    condition: str  # under which it was measured, such as "gain 1"
    value: str  # what the number is, such as "log10 of the gradient at layer 1 by that at layer 50"
    of: str  # the observable, as Measured names it
    minus: str = ""  # another observable, subtracted seed by seed
    true_if: str = ABOVE
    threshold: float = 0.0
    upper: float = 0.0  # the other end of the band of BETWEEN
    counts: bool = True  # whether the verdict rests on it; False for a control, or for the strongest reading
    method: str = MEDIAN
    test_by_train: float = 0.0  # CORRECTED_T: size of a test split by that of its training split
    unit: str = ""
    format: str = ".3g"


@dataclass(frozen=True)
class Slider:
    """The one setting on which the verdict turns."""

    setting: str  # its name among the statement's settings; a list, of which the slider sets one value
    label: str
    values: tuple[Any, ...]
    # other settings, with which one value takes a second or two
    quick: Settings = field(default_factory=dict)
    names: Mapping[Any, str] = field(default_factory=dict)  # of values that are keys

    def in_words(self, value: Any) -> str:
        """A value as a person reads it."""
        return self.names.get(value) or (f"{value:g}" if isinstance(value, float) else str(value))


@dataclass(frozen=True)
class Plot:
    """The one picture of an experiment: what is drawn of its series, and what to see in it.

    LINES: each series over numbers. INTERVALS and BARS: y of each series over names or numbers. IMAGES: the
    pictures that the experiment yields (core.events.Picture), side by side: each of its arrays is an image
    with a name, rows of brightness from 0, black, to 1, white.
    """

    title: str
    look: str  # what to look for, in one line
    kind: str = LINES
    x: str = ""  # title of the axis, with its unit
    y: str = ""
    log_x: bool = False
    log_y: bool = False
    rules: tuple[tuple[float, str], ...] = ()  # level lines at a y, with their names


@dataclass(frozen=True)
class Source:
    """Where something is from."""

    reference: str  # authors, year, title
    url: str = ""


@dataclass(frozen=True)
class PageLink:
    """A page on which one can try more, with its controls set."""

    page: str  # key of dashboard/pages.py
    label: str
    query: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """One statement of the text. Texts are Markdown; a number of two claims has letters: "3a", "3b"."""

    number: str
    chapter: str  # key of CHAPTERS
    section: str  # heading in the text, in English
    section_zh: str
    title: str  # in two to five words
    sentence: str  # the statement in our own words
    sentence_zh: str
    question: str  # what a reader is asked to predict before seeing anything
    strongest: str  # the reading under which it holds
    condition: str  # the one on which it turns
    why: tuple[str, str, str]  # three sentences
    formula: str  # LaTeX
    sources: tuple[Source, ...]
    settings: Mapping[str, Option]  # with their defaults, which are those of a quick run
    measure: Callable[[Settings], Iterator[Any]]  # yields events; see statement_events
    claims: Callable[[Settings], tuple[Claim, ...]]
    plot: Plot
    full: Settings = field(default_factory=dict)  # settings that a full run has in place of the defaults
    slider: Slider | None = None
    links: tuple[PageLink, ...] = ()
    times: bool = False  # whether it measures time, and so has to run alone on the machine

    def settings_of(self, effort: str, given: Settings) -> dict[str, Any]:
        """Every setting: the given value, else that of the effort."""
        defaults = {name: option.default for name, option in self.settings.items()}
        return defaults | (dict(self.full) if effort == FULL else {}) | dict(given)

    @property
    def order(self) -> tuple[int, str]:
        """Its place in the text."""
        digits = self.number.rstrip("abcdefgh")
        return int(digits), self.number[len(digits) :]


def seeds(default: int) -> dict[str, Option]:
    """The settings that every experiment with chance in it has: how many seeds, and the first of them."""
    return {
        "seeds": Option("independent repetitions", default, min=1, max=256),
        "seed": Option("the first of the seeds", 0, min=0, max=2**31 - 1),
    }


def each_seed(settings: Settings) -> range:
    """The seeds of a run."""
    return range(settings["seed"], settings["seed"] + settings["seeds"])
