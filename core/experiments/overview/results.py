"""What came out for a statement: its events as one value, files of such values, and what differs in two."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import InvalidRequest
from core.events import Picture
from core.experiments.overview.job import picture_name
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement_events import Fact, Series
from core.experiments.verdicts import VERDICTS, Judgement
from core.records import has_type, hints, to_record

VERSION = 1  # of a line of a results file
YEAR_9999 = 2.5e11  # in seconds since 1970: the last year that a date can have


@dataclass(frozen=True)
class Result:
    """The outcome of one test of one statement."""

    statement: str
    effort: str
    settings: Mapping[str, Any]
    verdict: str
    judgements: tuple[Judgement, ...]
    reason: str  # why there is no verdict, or empty
    elapsed_s: float
    series: tuple[Series, ...]
    facts: tuple[Fact, ...]
    ended_at: float  # seconds since 1970
    environment: Mapping[str, Any]  # of core.devices.environment
    images: Mapping[str, Any] = field(default_factory=dict)  # by name, rows of brightness


def from_records(
    records: Iterable[Mapping[str, Any]],
    ended_at: float,
    environment: Mapping[str, Any] | None,
    pictures: Iterable[Picture] = (),
) -> list[Result]:
    """The results in a run's event records, of the statements that have come to their verdict."""
    found: list[Result] = []
    started: Mapping[str, Any] = {}
    series: dict[str, Series] = {}
    facts: dict[str, Fact] = {}
    pictures = list(pictures)
    for record in records:
        match record["event"]:
            case "statement_started":
                started, series, facts = record, {}, {}
            case "series":
                series[record["name"]] = _of(Series, record)
            case "fact":
                facts[record["name"]] = _of(Fact, record)
            case "statement_judged":
                found.append(
                    Result(
                        statement=started["statement"],
                        effort=started["effort"],
                        settings=started["settings"],
                        verdict=record["verdict"],
                        judgements=tuple(_of(Judgement, one) for one in record["judgements"]),
                        reason=record["reason"],
                        elapsed_s=record["elapsed_s"],
                        series=tuple(series.values()),
                        facts=tuple(facts.values()),
                        ended_at=ended_at,
                        environment=environment or {},
                        images=images_of(started["statement"], pictures),
                    )
                )
    return found


@dataclass(frozen=True)
class Drawn:
    """What there is to draw of a statement, while it is tested or afterwards."""

    statement: str
    series: tuple[Series, ...]
    facts: tuple[Fact, ...]


def drawn_so_far(records: Iterable[Mapping[str, Any]]) -> Drawn | None:
    """Of the statement that was started last; None before the first."""
    key = ""
    series: dict[str, Series] = {}
    facts: dict[str, Fact] = {}
    for record in records:
        match record["event"]:
            case "statement_started":
                key, series, facts = record["statement"], {}, {}
            case "series":
                series[record["name"]] = _of(Series, record)
            case "fact":
                facts[record["name"]] = _of(Fact, record)
    return Drawn(key, tuple(series.values()), tuple(facts.values())) if key else None


def images_of(statement: str, pictures: Iterable[Picture]) -> dict[str, Any]:
    """Every image of a statement's pictures by its name, as rows of brightness."""
    return {
        name: array.tolist()
        for picture in pictures
        if picture.name.startswith(picture_name(statement, ""))
        for name, array in picture.arrays.items()
    }


def line(result: Result) -> str:
    """One line of a results file."""
    return json.dumps({"version": VERSION} | to_record(result), ensure_ascii=False)


def read(path: Path) -> dict[str, Result]:
    """The last result of each statement in a file. Raises InvalidRequest for a file that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it holds no UTF-8"
        raise InvalidRequest(f"{path} cannot be read: {reason}.") from None
    found = [_parsed(text, number, path) for number, text in enumerate(lines, 1) if text.strip()]
    if not found:
        raise InvalidRequest(f"{path} holds no results; `experiments run all --out {path}` writes them.")
    return {result.statement: result for result in found if result.statement in STATEMENTS}


def summary(found: Collection[Result]) -> str:
    """How many statements have which verdict, in a sentence or two."""
    counts = Counter(result.verdict for result in found)
    named = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict]]
    missing = len(STATEMENTS) - len(found)
    tested = "1 statement" if len(found) == 1 else f"{len(found)} statements"
    return f"{tested} tested: {', '.join(named) or 'none'}." + (
        f" {missing} not tested yet." if missing else ""
    )


@dataclass(frozen=True)
class Change:
    """A statement whose verdict is another one in a later result, and what else differs between the two."""

    statement: str
    before: str
    after: str
    because: tuple[str, ...]


def changes(before: Mapping[str, Result], after: Mapping[str, Result]) -> list[Change]:
    """The statements with different verdicts, of those that both have."""
    return [
        Change(key, before[key].verdict, after[key].verdict, tuple(_differences(before[key], after[key])))
        for key in STATEMENTS
        if key in before and key in after and before[key].verdict != after[key].verdict
    ]


def _differences(before: Result, after: Result) -> Iterator[str]:
    """What may have changed the verdict, the strongest reason first."""
    for result in (after, before):
        if result.reason:
            yield result.reason
    if before.effort != after.effort:
        yield f"{before.effort} before, {after.effort} now"
    for name, value in after.settings.items():
        if name in before.settings and before.settings[name] != value and before.effort == after.effort:
            yield f"{name}: {before.settings[name]} before, {value} now"
    old = {(one.says, one.condition): one for one in before.judgements}
    for one in after.judgements:
        other = old.get((one.says, one.condition))
        if one.counts and other is not None and other.verdict != one.verdict:
            yield f"{one.condition}: {one.says}: {in_words(other)} before, {in_words(one)} now"


def settings_in_words(result: Result) -> str:
    """Every setting with its value, those of a list one after the other."""

    def plain(value: object) -> str:
        return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

    return ", ".join(f"{name} {plain(value)}" for name, value in result.settings.items())


def in_words(judgement: Judgement) -> str:
    """A number with its interval and verdict: "refuted, -9.9 (-10.3 to -9.6)"."""
    return f"{judgement.verdict}, {number_in_words(judgement)}"


def number_in_words(judgement: Judgement) -> str:
    """A number with its interval: "-9.9 (-10.3 to -9.6)"; what nothing bounds is said.

    Of runs that were capped, half or more: "120 steps or more".
    """
    unit = f" {judgement.unit}" if judgement.unit else ""

    def shown(value: float | None) -> str:
        return "unbounded" if value is None else f"{value:{judgement.format}}"

    if not judgement.samples:
        return "not measured"
    if judgement.confidence == 1.0:
        return f"{shown(judgement.estimate)}{unit}"
    if judgement.estimate is None and judgement.low is not None:
        return f"{shown(judgement.low)}{unit} or more"
    if judgement.estimate is None:
        return "not bounded" if judgement.high is None else f"{shown(judgement.high)}{unit} or less"
    return f"{shown(judgement.estimate)}{unit} ({shown(judgement.low)} to {shown(judgement.high)})"


def _parsed(text: str, number: int, path: Path) -> Result:
    try:
        record = json.loads(text)
        version = record["version"]
        if version == VERSION:
            return _whole(record)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidRequest(f"Line {number} of {path} is no result of a statement.") from None
    raise InvalidRequest(f"Line {number} of {path} is of version {version!r}; this is {VERSION}.")


def _whole(record: dict[str, Any]) -> Result:
    """The result of a line. Raises ValueError, KeyError or TypeError for what no report could show."""
    nested = {"judgements": Judgement, "series": Series, "facts": Fact}
    for name, hint in hints(Result).items():
        if name not in nested and not has_type(record[name], hint):
            raise ValueError(name)
    parts = {name: tuple(_typed(kind, one) for one in record[name]) for name, kind in nested.items()}
    result: Result = _of(Result, record | parts)
    if result.verdict not in VERDICTS or not 0 <= result.ended_at < YEAR_9999:
        raise ValueError(result.verdict)
    if any(len(ends) not in (0, len(one.x)) for one in result.series for ends in (one.low, one.high)):
        raise ValueError("an interval for each point, or none")
    if any(len(one.x) != len(one.y) for one in result.series):
        raise ValueError("a y for each x")
    for one in result.judgements:
        format(0.0, one.format)
    for rows in result.images.values():
        if not has_type(rows, tuple[tuple[float, ...], ...]) or len({len(row) for row in rows}) != 1:
            raise ValueError("rows of brightness")
    return result


def _typed(kind: Any, record: Mapping[str, Any]) -> Any:
    """One part of a result; what it lacks has a default. An interval of a series may be unbounded."""
    known = hints(kind)
    given = {name: record[name] for name in known if name in record}
    if kind is Series:
        given |= {name: [0.0 if _unbounded(n) else n for n in given[name]] for name in ("y", "low", "high")
                  if name in given}  # fmt: skip
    if not all(has_type(value, known[name]) for name, value in given.items()):
        raise ValueError(kind.__name__)
    return _of(kind, record)


def _unbounded(number: Any) -> bool:
    return isinstance(number, float) and not math.isfinite(number)


def _of(kind: type[Any], record: Mapping[str, Any]) -> Any:
    names = kind.__dataclass_fields__
    values = {name: record[name] for name in names if name in record}
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
