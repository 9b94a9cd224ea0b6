"""The report: every statement with its verdict, figures, picture and conditions, as one file."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Mapping
from html import escape

from core.experiments.chapters import CHAPTERS
from core.experiments.overview import pictures, results
from core.experiments.overview.paper import page
from core.experiments.overview.registry import STATEMENTS
from core.experiments.overview.results import Change, Result
from core.experiments.statement import Statement
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from core.tables import markdown_table

TITLE = "The overview, tested"
_COLOURS = {SUPPORTED: "#1a7f37", REFUTED: "#b42318", DEPENDS: "#9a6700"}
MAX_REASONS = 3  # that are written out for a changed verdict, the strongest first
_HEADS = ("Verdict", "Under", "It is true if", "Measured", "Samples")


def as_html(found: Mapping[str, Result], before: Mapping[str, Result] | None = None) -> str:
    """A page that needs nothing else, and prints. before: an earlier report's results, laid beside it."""
    parts = [*_html_summary(found)]
    if before is not None:
        parts += _html_changes(before, found)
    for key, chapter in CHAPTERS.items():
        parts.append(f"<h2>{escape(chapter.title)} · {escape(chapter.title_zh)}</h2>")
        for name, entry in STATEMENTS.items():
            if entry.chapter == key:
                parts += ["<section>", *_html_statement(entry, found.get(name)), "</section>"]
    return page(TITLE, "".join(parts))


def as_markdown(found: Mapping[str, Result], before: Mapping[str, Result] | None = None) -> str:
    """The same as Markdown; pictures are within it."""
    blocks = [f"# {TITLE}", results.summary(found.values()), _machines(found)]
    if before is not None:
        blocks += ["## What changed", *(f"- {line}" for line in _change_lines(before, found))]
    for key, chapter in CHAPTERS.items():
        blocks.append(f"## {chapter.title} · {chapter.title_zh}")
        for name, entry in STATEMENTS.items():
            if entry.chapter == key:
                blocks += _markdown_statement(entry, found.get(name))
    return "\n\n".join(blocks) + "\n"


def _machines(found: Mapping[str, Result]) -> str:
    """Every machine and set of versions that a verdict is from."""
    seen = dict.fromkeys(machine(result) for result in found.values())
    return "Measured on " + "; ".join(seen) + "." if seen else ""


def machine(result: Result) -> str:
    """Processor, system and versions that a verdict is from, in a line."""
    found = result.environment
    names = ("cpu", "system", "python", "torch", "numpy")
    words = [f"{name} {found[name]}" if name in ("python", "torch", "numpy") else str(found[name])
             for name in names if isinstance(found.get(name), str | int)]  # fmt: skip
    return ", ".join(words) or "an unknown machine"


def _date(result: Result) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(result.ended_at))


def _conditions(result: Result) -> str:
    settings = results.settings_in_words(result)
    return f"{result.effort}, {result.elapsed_s:.1f} s, {_date(result)}; {settings}"


def _rows(result: Result) -> Iterator[tuple[str, ...]]:
    for one in result.judgements:
        beside = "" if one.counts else " (beside the verdict)"
        measured = f"{one.value}: {results.number_in_words(one)}"
        yield one.verdict, one.condition, one.says + beside, measured, str(one.samples)


def _change_lines(before: Mapping[str, Result], after: Mapping[str, Result]) -> list[str]:
    """What came out before, then each verdict that is another one now."""
    found = results.changes(before, after)
    lines = [_change_line(change, before, after) for change in found] or ["No verdict changed."]
    return [f"Before: {results.summary(before.values())} {_machines(before)}", *lines]


def _change_line(change: Change, before: Mapping[str, Result], after: Mapping[str, Result]) -> str:
    entry = STATEMENTS[change.statement]
    reasons = list(change.because[:MAX_REASONS])
    if len(change.because) > MAX_REASONS:
        reasons.append(f"and {len(change.because) - MAX_REASONS} more differences")
    old, new = machine(before[change.statement]), machine(after[change.statement])
    if old != new:
        reasons.insert(0, f"on {old} before, on {new} now")
    because = "; ".join(reasons) or "nothing else differs"
    return f"{entry.title}: {change.before} before, {change.after} now ({because})."


def _html_summary(found: Mapping[str, Result]) -> Iterator[str]:
    yield f"<h1>{TITLE}</h1><p>{escape(results.summary(found.values()))}</p>"
    yield f'<p class="small">{escape(_machines(found))} A verdict comes from intervals that hold together '
    yield "with 95%: supported where they lie wholly on the stated side, refuted where wholly on the other."
    yield "</p>"


def _html_changes(before: Mapping[str, Result], after: Mapping[str, Result]) -> Iterator[str]:
    yield "<h2>What changed</h2><ul>"
    yield from (f"<li>{escape(line)}</li>" for line in _change_lines(before, after))
    yield "</ul>"


def _html_statement(entry: Statement, result: Result | None) -> Iterator[str]:
    yield f"<h3>{escape(entry.title)}</h3>"
    yield f"<blockquote>{escape(entry.sentence)}<br>"
    yield f'<span lang="zh">{escape(entry.sentence_zh)}</span></blockquote>'
    if result is None:
        yield '<p class="small">Not tested yet.</p>'
        return
    colour = _COLOURS.get(result.verdict, "#52606d")
    yield f'<p class="verdict" style="color:{colour}">{result.verdict.capitalize()}</p>'
    if result.reason:
        yield f"<p>{escape(result.reason)}</p>"
    if result.verdict == DEPENDS:
        yield f"<p>It turns on {escape(entry.condition)}.</p>"
    drawn = pictures.svg(entry.plot, result.series, result.images)
    if drawn:
        yield f'{drawn}<p class="small">{escape(entry.plot.look)}</p>'
    if result.judgements:
        heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
        yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
        for row in _rows(result):
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        yield "</tbody></table>"
    yield "".join(f"<p><b>{escape(f.name)}</b>: {escape(f.text)}</p>" for f in result.facts)
    yield f"<p>{escape(' '.join(entry.why))}</p>"
    yield f"<p><b>Holds in this reading:</b> {escape(entry.strongest)}</p>"
    yield f'<p class="small">{escape(_conditions(result))}</p>'
    yield f'<p class="small">{"; ".join(escape(source.reference) for source in entry.sources)}</p>'


def _markdown_statement(entry: Statement, result: Result | None) -> Iterator[str]:
    yield f"### {entry.title}"
    yield f"> {entry.sentence}\n>\n> {entry.sentence_zh}"
    if result is None:
        yield "Not tested yet."
        return
    turns = f" It turns on {entry.condition}." if result.verdict == DEPENDS else ""
    reason = f" {result.reason}" if result.reason else ""
    yield f"**{result.verdict.capitalize()}.**{turns}{reason}"
    drawn = pictures.svg(entry.plot, result.series, result.images)
    if drawn:
        code = base64.b64encode(drawn.encode()).decode()
        yield f"![{entry.plot.title}](data:image/svg+xml;base64,{code})\n\n{entry.plot.look}"
    if result.judgements:
        yield markdown_table(list(_HEADS), _rows(result))
    yield from (f"**{fact.name}**: {fact.text}" for fact in result.facts)
    yield " ".join(entry.why)
    yield f"Holds in this reading: {entry.strongest}"
    yield f"{_conditions(result)}. {'; '.join(source.reference for source in entry.sources)}"
