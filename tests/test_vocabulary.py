"""The field's words: what the first version called by names of its own must not come back."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for room in ("core", "dashboard") for path in (ROOT / room).rglob("*.py"))
TEXTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", *map(str, (ROOT / "docs").glob("*.md")))]

# In names of functions, classes, fields and variables, whole or as a part between underscores.
NAMES = {
    "(?<!at_)most|fewest": "max, min",
    "told|telling|tell": "text, help, report, or what it is",
    "usual": "default",
    "let_go|lighten": "pruned, prune",
    "at_once": "immediate",
    "go_on|goes_on|going|go_back": "resume, restore",
    "takeaway|take_away": "export",
    "why_absent": "unavailable_reason",
    "by_the_rules": "exact_evaluation",
    "at_rest": "evaluation_mode",
    "under_roof|short_look": "with_roofline, quick_roofline",
    "regime|regimes": "operand_fill",
    "spoilt": "contaminated",
    "held_back": "test",
    "leash|bury": "watch_parent, reap",
    "doors?": "preview",
    "suit|take_over": "apply_defaults, load_from_run",
}

# In comments, docstrings and whatever a person reads.
PHRASES = {
    r"told|telling": "said, shown, given, or leave it out",
    r"usual(?!ly)": "default",
    r"(go|goes|gone|going|went) on": "continue, resume, run",
    r"lets? go of": "prune, release, drop",
    r"at rest": "in evaluation mode",
    r"held[- ]back": "test",
    r"(take|takes|taken|took|taking) away": "export, remove",
    r"by the rules": "exact",
    r"weights at first|longest gradient|steps by": "Initialization, Max gradient norm, Engine",
    r"looks? inside|look at its sums": "snapshots, pre-activations",
    r"through depth": "signal propagation",
    r"operands there|made room for": "operands on the device, pruned",
    r"right answers|share of right": "accuracy",
    r"one's own": "custom, your own",
}

# Wire names of version 0.1 stand in the functions that read it.
READS_0_1 = re.compile(r"upgrade|addresses\.py|_0_1")
EXCEPTIONS = {"most_probable"}


Written = list[tuple[str, str]]  # where it stands, as path:line, and what it is


def names_with(parts: Iterable[str]) -> re.Pattern[str]:
    """Names of which one of these is the whole, or a part between underscores."""
    return re.compile(rf"(^|_)({'|'.join(parts)})(_|$)", re.IGNORECASE)


def texts_with(phrases: Iterable[str]) -> re.Pattern[str]:
    """Texts in which one of these stands."""
    return re.compile(rf"\b({'|'.join(phrases)})\b", re.IGNORECASE)


@cache
def suspects() -> tuple[Written, Written]:
    """The names and the texts in which any of the refused words stands: all files are read once."""
    any_name, any_text = names_with(NAMES), texts_with(PHRASES)
    names, texts = [], []
    for path in SOURCES:
        if READS_0_1.search(path.name):
            continue
        file, source = path.relative_to(ROOT), path.read_text()
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        names += [(f"{file}:{line}", name) for name, line in identifiers(tokens).items()]
        texts += [(f"{file}:{line}", text) for line, text in prose(tokens, source)]
    for path in TEXTS:
        lines = enumerate(path.read_text().splitlines(), start=1)
        texts += [(f"{path.name}:{number}", line) for number, line in lines]
    return (
        [(place, name) for place, name in names if any_name.search(name)],
        [(place, text) for place, text in texts if any_text.search(text)],
    )


def identifiers(tokens: list[tokenize.TokenInfo]) -> dict[str, int]:
    """Spelling of each name in a file, and the line where it first stands."""
    lines: dict[str, int] = {}
    for token in tokens:
        if token.type == tokenize.NAME:
            lines.setdefault(token.string, token.start[0])
    return lines


def prose(tokens: list[tokenize.TokenInfo], source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each comment and each string in a file."""
    for token in tokens:
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, re.sub(r"\s+", " ", node.value)


@pytest.mark.parametrize("words", NAMES)
def test_names_are_the_fields_own(words: str) -> None:
    pattern = names_with([words])
    names, _ = suspects()
    found = [f"{at} {name}" for at, name in names if pattern.search(name) and name not in EXCEPTIONS]
    assert found == [], f"{words}: the field says {NAMES[words]}"


@pytest.mark.parametrize("words", PHRASES)
def test_texts_use_the_fields_words(words: str) -> None:
    pattern = texts_with([words])
    _, texts = suspects()
    found = [f"{at} {text[:80]}" for at, text in texts if pattern.search(text)]
    assert found == [], f"{words}: the field says {PHRASES[words]}"
