"""Text that is not the project's own is shown as it is: on no page is it a picture, a link or markup.

The first half reads the source; the second opens pages with hostile addresses, tables and result files.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard.components.markdown import escaped
from dashboard.pages import PAGES
from tests.dashboard.conftest import view
from tests.dashboard.hostile import ALL, TEXTS, drawn_texts, live_markup

RESULTS = Path(__file__).parents[1] / "core" / "timing" / "results" / "stored"
ROOT = Path(__file__).resolve().parents[2]

# What takes Markdown, by the last part of its name.
MARKDOWN = {
    *("markdown", "caption", "warning", "error", "info", "success", "toast", "write", "progress", "spinner"),
    *("title", "header", "subheader", "badge", "metric", "box", "tabs", "expander", "popover"),
    *("button", "download_button", "link_button", "page_link", "checkbox", "toggle", "text_input"),
}
# Names and attributes that hold what a visitor, a table, a result file or a device said.
FOREIGN_NAMES = {"record", "records", "error", "upload", "preview", "query"}
FOREIGN_KEYS = {"reason", "device", "dtype", "says", "subject", "title", "install", "explanation", "workload"}
FOREIGN_ATTRIBUTES = {"message", "query_params", "problem", "notes"}
# What makes such a text harmless, or is a number of it.
HARMLESS = {"escaped", "len", "int", "float", "round", "counted", "signed", "figure", "bool", "sum", "any"}


def test_what_is_not_our_own_text_is_escaped_where_markdown_is_drawn() -> None:
    files = [path for path in (ROOT / "dashboard").rglob("*.py") if "charts" not in path.parts]
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno} {ast.unparse(text)}"
        for path in sorted(files)
        for call in calls_that_draw(path)
        for text in texts_of(call)
        if is_foreign(text)
    ]
    assert not found, "\n".join(found)


@cache
def calls_that_draw(path: Path) -> list[ast.Call]:
    """Calls of what takes Markdown; BOXES[...](text) is one as well."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    calls = [call for call in calls if not ast.unparse(call.func).startswith("_log.")]
    return [call for call in calls if isinstance(call.func, ast.Subscript) or name_of(call) in MARKDOWN]


def texts_of(call: ast.Call) -> Iterator[ast.expr]:
    """What a call draws: a label, a text, a help; of a metric also the value and the remark below it."""
    yield from call.args[: 3 if name_of(call) == "metric" else 1]
    yield from (word.value for word in call.keywords if word.arg in ("help", "label", "body", "text"))


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", None) or getattr(call.func, "id", "")


def is_foreign(node: ast.AST) -> bool:
    """Whether an expression has a part that is not our own text, and is not made harmless."""
    if isinstance(node, ast.Call) and name_of(node) in HARMLESS:
        return False
    if isinstance(node, ast.Call) and name_of(node) == "map" and ast.unparse(node.args[0]) == "escaped":
        return False
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        return False  # a number
    if isinstance(node, ast.Subscript):  # of a table of our own by a foreign key comes our own text
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return key in FOREIGN_KEYS or is_foreign(node.value)
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return is_foreign(node.elt)
    if isinstance(node, ast.Name) and node.id in FOREIGN_NAMES:
        return True
    if isinstance(node, ast.Attribute) and (node.attr in FOREIGN_ATTRIBUTES or is_name_of_file(node)):
        return True
    return any(is_foreign(child) for child in ast.iter_child_nodes(node))


def is_name_of_file(node: ast.Attribute) -> bool:
    """A file is named by whoever sends it."""
    return node.attr == "name" and isinstance(node.value, ast.Name) and node.value.id in ("result", "given")


def test_escaped_leaves_nothing_live_and_unescaped_text_would_be_found() -> None:
    texts = [*TEXTS, *map(escaped, TEXTS)]
    shown = AppTest.from_string(f"import streamlit as st\nfor text in {texts!r}: st.warning(text)").run()
    assert live_markup(shown) == [*TEXTS]


def test_an_address_puts_nothing_on_any_page_but_its_words(own_runner: None) -> None:
    """Every parameter that a page reads, also those of runs and statements."""
    quoted = 0
    for page in PAGES.values():
        opened = AppTest.from_file(str(ROOT / "dashboard" / "main.py"), default_timeout=120)
        opened.switch_page(page.file)
        for number, name in enumerate(parameters_of(page.file)):
            opened.query_params[name] = TEXTS[number % (len(TEXTS) - 1)]
        opened.run()
        assert not opened.exception, page.key
        assert live_markup(opened) == [], page.key
        quoted += any("evil" in text for text in drawn_texts(opened))
    assert quoted > len(PAGES) / 2, quoted  # most say what they do not know


def parameters_of(file: str) -> list[str]:
    """Names of what a view reads from its address, by its source: keys of controls, and these of all."""
    tree = ast.parse((ROOT / "dashboard" / file).read_text())
    keys = [word.value for word in ast.walk(tree) if isinstance(word, ast.keyword) and word.arg == "key"]
    named = {key.value for key in keys if isinstance(key, ast.Constant) and str(key.value).isidentifier()}
    return sorted({"run", "against", "statement", "step", "functions", "hidden", "data", "model"} | named)


def soiled(value: Any, keys: set[str]) -> Any:
    """A record with something hostile after every text below one of these keys."""
    if isinstance(value, dict):
        return {
            key: f"{below} {ALL}" if key in keys and isinstance(below, str) else soiled(below, keys)
            for key, below in value.items()
        }
    return [soiled(below, keys) for below in value] if isinstance(value, list) else value


def test_a_result_file_puts_nothing_on_a_page_but_its_words(page_home: Path, own_runner: None) -> None:
    content = json.loads((RESULTS / "schema_3.json").read_text())
    keys = {"device", "reason", "cpu", "os", "explanation", "name", "torch", "python", "not_believed"}
    opened = view("benchmark")
    opened.query_params["measure"] = "result"
    opened.run()
    file = json.dumps(soiled(content, keys)).encode()
    opened.file_uploader(key="result_file").upload(f"{TEXTS[0]} {TEXTS[1]}.json", file).run()
    assert not opened.exception
    assert not opened.error
    assert any("20 MB, and all files in this tab together 60 MiB" in one.value for one in opened.caption)
    assert live_markup(opened) == []
    assert sum("evil" in text for text in drawn_texts(opened)) > 2  # what is there is said


def test_a_table_puts_nothing_on_a_page_but_its_words(own_runner: None) -> None:
    opened = view("train").run()
    opened.selectbox(key="data").set_value("own_csv").run()
    header = ",".join(f'"{text}"' for text in TEXTS)
    rows = "".join(",".join(f'"{TEXTS[(n + m) % 3]}"' for m in range(8)) + "\n" for n in range(20))
    opened.file_uploader(key="upload").upload(f"{TEXTS[1]}.csv", f"{header}\n{rows}".encode()).run()
    assert not opened.exception
    assert live_markup(opened) == []
    assert "evil" in str(opened.dataframe[0].value)  # cells are plain text
