"""A lesson on paper: what to predict, what to measure, and room to write."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from core.experiments.overview.lessons import MINUTES, Lesson, statements_of
from core.experiments.overview.paper import page
from core.experiments.overview.registry import STATEMENTS
from core.experiments.statement import Statement


def as_html(lesson: Lesson, address: str = "") -> str:
    """A page that prints. address: of the lesson on a server, where a class opens it."""
    parts = [*_head(lesson, address)]
    for key in statements_of(lesson):
        parts += ['<section class="whole">', *_statement(STATEMENTS[key]), "</section>"]
    parts += ['<section class="whole">', *_question(lesson), "</section>"]
    return page(lesson.title, "".join(parts))


def _head(lesson: Lesson, address: str) -> Iterator[str]:
    yield f"<h1>{escape(lesson.title)}</h1><p>{escape(lesson.aim)} {MINUTES} minutes.</p>"
    if address:
        yield f"<p>Open: {escape(address)}</p>"
    yield "<p>Name ____________________________ &nbsp; Date ______________</p>"


def _statement(entry: Statement) -> Iterator[str]:
    yield f"<h2>{escape(entry.title)}</h2><p><b>{escape(entry.sentence)}</b></p>"
    yield f'<p lang="zh">{escape(entry.sentence_zh)}</p><p>{escape(entry.question)}</p>'
    yield "<p>I think: " + "".join(
        f'<span class="box">&#9744; {answer}</span>' for answer in ("true", "false", "it depends")
    )
    yield "</p><p>What I see in the picture:</p>" + '<div class="line"></div>' * 2
    yield "<p>The number, and its interval:</p>" + '<div class="line"></div>'
    yield "<p>The verdict, and the condition on which it turns:</p>" + '<div class="line"></div>'


def _question(lesson: Lesson) -> Iterator[str]:
    yield f"<h2>To find out</h2><p>{escape(lesson.question)}</p>" + '<div class="line"></div>' * 3
