"""Whatever is typed is either understood or refused, in one sentence and at once; nothing of it is run."""

from __future__ import annotations

import ast
import contextlib
import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations.expressions.expression import expression, find
from core.activations.expressions.formula import written
from core.activations.expressions.grammar import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_NODES,
    Call,
    Node,
    Number,
    Variable,
    parse,
)
from core.activations.expressions.operations import OPERATIONS, TYPEABLE
from core.errors import InvalidRequest
from tests.core.activations.expressions.work import calls_made

MAX_CALLS = 20_000  # some milliseconds

HOSTILE = {
    "attribute": "x.__class__",
    "attribute of a number": "(1).real",
    "dunder": "__import__('os').system('echo hello')",
    "dunder name": "__builtins__",
    "dunder in a call": "__import__(x)",
    "lambda": "(lambda: x)()",
    "lambda of x": "lambda x: x",
    "comprehension": "[x for x in (1, 2)]",
    "generator": "sum(x for x in range(9))",
    "call of a call": "exp(x)(x)",
    "call of a number": "2(x)",
    "call of x": "x(x)",
    "call of pi": "pi(x)",
    "subscript": "x[0]",
    "dictionary": "{'x': 1}['x']",
    "keyword argument": "max(a=x, b=1)",
    "star": "max(*x)",
    "huge power": "9**9**9**9*x",
    "huge power of x": "x**9**9**9",
    "huge exponent": "x^21",
    "huge negative exponent": "x^-400",
    "exponent made of others": "x^(20*20)",
    "tower of powers of numbers": "x*(((20^20)^20)^20)^20",
    "huge number": "x*1e300",
    "infinite number": "x+1e999",
    "number of many digits": "x*" + "9" * 190,
    "tiny number": "x*1e-300",
    "factorial": "99999!",
    "factorial by name": "factorial(99999)*x",
    "gamma": "gamma(x)",
    "deep brackets": "(" * 100 + "x" + ")" * 99,
    "closed deep brackets": "(" * 99 + "x" + ")" * 99,
    "deep calls": "sin(" * 40 + "x" + ")" * 39,
    "chain of minus": "-" * 150 + "x",
    "chain of powers": "^".join(["x"] * 90),
    "too many parts": "+".join(["x"] * 90),
    "deepest that is too deep": "(" * (MAX_DEPTH + 2) + "x" + ")" * (MAX_DEPTH + 2),
    "superscript": "x²",
    "full-width letter": "\uff58+1",
    "full-width digit": "x+\uff11",
    "Arabic digit": "x+\u0661",
    "Cyrillic x": "\u0445+1",
    "Greek pi": "π*x",
    "mathematical italic": "\U0001d465+1",
    "minus sign": "x−1",
    "times sign": "2×x",
    "zero-width space": "x\u200b+1",
    "zero-width joiner": "s\u200din(x)",
    "right-to-left override": "x\u202e+1",
    "no-break space": "x\u00a0+1",
    "byte-order mark": "\ufeffx+1",
    "lone surrogate": "x\ud800+1",
    "NUL": "x\x00+1",
    "line feed": "x\n+1",
    "tab": "x\t+1",
    "escape": "\x1b[31mx+1",
    "quotes": "'x'",
    "double quotes": '"x"',
    "f-string": "f'{x}'",
    "back-quotes": "`x`",
    "walrus": "(y := x)",
    "assignment": "x = 1",
    "comparison": "x == 1",
    "statement": "import os; x",
    "comment": "x # nothing",
    "conditional": "x if x else 1",
    "logic": "x and not x",
    "bitwise": "x ^ ~x",
    "shift": "1 << 99999",
    "complex number": "1j*x",
    "hexadecimal": "0xff*x",
    "underscore in a number": "1_000*x",
    "floor division": "x//2",
    "remainder": "x%2",
    "matrix product": "x@x",
    "LaTeX": r"\frac{1}{x}",
    "HTML": "<script>alert(1)</script>",
    "formula of a table": "=cmd|'/c calc'!A0",
    "path": "../../etc/passwd",
    "format": "%s%s%n",
    "empty": "",
    "only spaces": " " * 50,
    "only a bracket": "(",
    "nothing in brackets": "()",
    "only an operator": "*",
    "ends too early": "x +",
    "two operators": "x * / x",
    "implicit product": "2x",
    "implicit product of brackets": "(x+1)(x-1)",
    "two names": "x x",
    "missing argument": "max(x)",
    "one argument too many": "sin(x, x)",
    "no argument": "sin()",
    "function without brackets": "sin",
    "function without argument": "sin x",
    "unknown name": "y + 1",
    "unknown function": "sinus(x)",
    "argument of a slope": "a + b",
    "operator as a name": "negative(x)",
    "operation that is not to be typed": "at_least(x, 1)",
    "no x": "1 + 2",
    "division by zero": "x/0",
    "division by a zero that is worked out": "x/(1-1)",
    "no value": "x + log(0)",
    "no real value": "x*sqrt(-1)",
    "no real power": "x*(-8)^0.5",
    "megabytes of brackets": "(" * 4_000_000,
    "megabytes of digits": "1" * 4_000_000,
    "megabytes of x": "x+" * 2_000_000 + "x",
    "megabytes of spaces": "x" + " " * 4_000_000 + "+1",
    "megabytes of NUL": "\x00" * 4_000_000,
    "megabytes of Unicode": "²" * 4_000_000,
}
# What find() takes for a key that it does not have.
PLAIN_WORDS = ("__builtins__", "sin")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_expression_is_refused_in_one_sentence_at_once(text: str) -> None:
    refusals = []

    def refused() -> None:
        with pytest.raises(InvalidRequest) as refusal:
            find(text)
        refusals.append(refusal)

    expression.cache_clear()
    assert calls_made(refused) < MAX_CALLS
    said = str(refusals[0].value)
    assert said[-1] in ".?"
    assert len(said) < 800 if text in PLAIN_WORDS else len(said) < 250
    assert said.isprintable()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=MAX_CHARACTERS + 5) | st.text("x()+-*/^,.eE1029 sincoexpmatb_", max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    said, tree = "", None
    try:
        tree = parse(text)
    except InvalidRequest as refusal:
        said = str(refusal)
    if tree is None:
        assert said[-1] in ".?"
        assert said.isprintable()
    else:
        assert parse(written(tree)) == in_digits(tree)


def test_what_is_typed_reaches_the_parser_as_known_names_and_numbers_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen, parser = [], ast.parse

    def watched(source: str, **options: Any) -> ast.AST:
        seen.append(source)
        return parser(source, **options)

    monkeypatch.setattr(ast, "parse", watched)
    for text in HOSTILE.values():
        with contextlib.suppress(InvalidRequest):
            parse(text)
    assert seen
    names = {*TYPEABLE, "x", "pi", "e"}
    for source in seen:
        assert set(re.findall(r"[A-Za-z_]+", re.sub(r"[0-9.]+(e[+-]?[0-9]+)?", "", source))) <= names


def test_a_parser_that_is_disturbed_by_another_thread_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parser, errors = ast.parse, [SystemError("AST constructor recursion depth mismatch")] * 2

    def disturbed(source: str, **options: Any) -> ast.AST:
        if errors:
            raise errors.pop()
        return parser(source, **options)

    monkeypatch.setattr(ast, "parse", disturbed)
    assert parse("x+1") == Call("+", (Variable(), Number(1.0)))


def in_digits(tree: Node) -> Node:
    """The tree with its numbers as far as they are written, and pi and e without their names."""
    if isinstance(tree, Call):
        return Call(tree.operation, tuple(map(in_digits, tree.arguments)))
    return Number(float(f"{tree.value:.12g}")) if isinstance(tree, Number) else tree


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1+2*x", "1+(2*x)"),
        ("x-1-2", "(x-1)-2"),
        ("x/2/3", "(x/2)/3"),
        ("x/2*3", "(x/2)*3"),
        ("-x^2", "-(x^2)"),
        ("-x*2", "-(x*2)"),
        ("2^x^2", "2^(x^2)"),
        ("2^-x", "2^(-x)"),
        ("2*-x", "2*(-x)"),
        ("x**2", "x^2"),
        ("+x", "x"),
        (" Exp( X ) ", "exp(x)"),
        ("maximum(x, 1)", "max(x, 1)"),
        ("ln(x)", "log(x)"),
        ("arctan(x)", "atan(x)"),
        ("1.5e1*x", "15*x"),
        (".5*x", "0.5*x"),
        ("2.*x", "2*x"),
    ],
)
def test_precedence_and_spellings_are_standard(text: str, same: str) -> None:
    assert parse(text) == parse(same)


def test_refusals_say_what_to_write_instead() -> None:
    for text, said in {
        "2x": "write 2*x",
        "x²": r"write ^2 instead",
        "sinn(x)": "did you mean sin?",
        "x(x+1)": r"write x*( ... )",
        "sin": "There is no activation 'sin'; did you mean sine",
        "x +": "The expression ends where a number, x or a function is missing.",
        "x^21": "The exponent 21 is too large; it must lie within ±20.",
        "1+1": "must depend on x",
        "9" * 7 + "*x": "from 1e-06 to 1,000,000",
    }.items():
        with pytest.raises(InvalidRequest) as refusal:
            find(text)
        assert said in str(refusal.value)


def test_what_is_within_the_bounds_is_accepted() -> None:
    assert parse("(" * MAX_DEPTH + "x" + ")" * MAX_DEPTH) == parse("x")
    parse("+".join(["x"] * (MAX_NODES // 2)))
    parse("x" + " " * (MAX_CHARACTERS - 1))


def test_every_name_is_a_word_and_has_a_slope_for_each_argument() -> None:
    for name in TYPEABLE:
        assert name.isalpha()
        assert name.islower()
        values = (0.25, 0.75)[: len(OPERATIONS[name].slopes)]
        assert math.isfinite(OPERATIONS[name].number(*values))
