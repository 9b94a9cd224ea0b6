"""Result files: written whole, read with care, and old forms stay readable."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from core.errors import InvalidRequest
from core.paths import replace_file
from core.timing.results.events import SCHEMA
from core.timing.results.record_checks import checked
from core.timing.results.table import Record, measurements, to_json
from core.timing.results.upgrades import upgraded

# A hundred thousand points with their samples stay below this.
_MAX_BYTES = 512 * 2**20
_LARGE = 2**20  # characters; what is shorter is read in some milliseconds, whatever it is
_FIRST_EVENT = '"environment_read"'


def write(path: str | Path, records: Sequence[Record]) -> None:
    """Write a result file; a reader sees the old file or the new one, never a part.

    Raises InvalidRequest when the place cannot be written to.
    """
    _replace(Path(path), to_json(records) + "\n")


def write_as(
    path: str | Path,
    records: Sequence[Record],
    csv: Callable[[Sequence[Record]], str],
    markdown: Callable[[Sequence[Record]], str],
) -> None:
    """Write records in the form that the file's name asks for: .csv, .md, else a result file."""
    forms = {".csv": csv, ".md": markdown}
    target = Path(path)
    if target.suffix.lower() in forms:
        _replace(target, forms[target.suffix.lower()](records))
    else:
        write(target, records)


def _replace(path: Path, text: str) -> None:
    try:
        if path.exists() and not path.is_file():  # a pipe, a terminal
            path.write_text(text, encoding="utf-8")
            return
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_text(text, encoding="utf-8")
        replace_file(beside, path)
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{_quoted(path)} cannot be written: {_cause(error)}.") from None


def check_writable(path: str | Path) -> None:
    """Raise InvalidRequest now rather than after minutes of measuring, when a file cannot be written."""
    target = Path(path)
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.stat(target)  # a name that no file can have raises here
        if target.is_dir():
            raise InvalidRequest(f"{_quoted(target)} is a folder; name a file to write.")
        if not target.parent.is_dir():
            raise InvalidRequest(
                f"{_quoted(target)} cannot be written: there is no folder {_quoted(target.parent)}."
            )
        writable = os.access(target if target.exists() else target.parent, os.W_OK)
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{_quoted(target)} cannot be written: {_cause(error)}.") from None
    if not writable:
        raise InvalidRequest(f"{_quoted(target)} cannot be written: permission denied.")


def read(path: str | Path) -> list[Record]:
    """The records of a result file in the present form, whatever its version.

    Raises InvalidRequest for a file that is not there, broken, truncated, of something else, or newer.
    """
    target = Path(path)
    try:
        if target.is_file() and target.stat().st_size > _MAX_BYTES:
            raise InvalidRequest(
                f"{_quoted(target)} is larger than any result file ({_MAX_BYTES >> 20} MiB)."
            )
        content = target.read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{_quoted(target)} cannot be read: {_cause(error)}.") from None
    return parse(content, _quoted(target))


def parse(content: str | bytes, name: str = "The file") -> list[Record]:
    """The records in the text of a result file, or of the lines that --json printed.

    name begins the sentence of the InvalidRequest for a text that is neither.
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
    except UnicodeDecodeError:
        raise InvalidRequest(f"{name} is not a result file: it is not text.") from None
    if len(text) > _LARGE and _FIRST_EVENT not in text:  # reading the JSON of what is none would take seconds
        raise InvalidRequest(f"{name} is not a result file: it does not begin with the environment.")
    with _no_garbage():
        version, records = _document(text, name)
    if version > SCHEMA:
        raise InvalidRequest(
            f"{name} has the form of version {version}, and this program reads up to {SCHEMA}; update it."
        )
    with _no_garbage():
        sound = checked([upgraded(record, version) for record in records], name)
    if not sound or sound[0]["event"] != "environment_read":
        raise InvalidRequest(f"{name} is not a result file: it does not begin with the environment.")
    return sound


@contextlib.contextmanager
def _no_garbage() -> Iterator[None]:
    """Nothing here is garbage, and a million new values would make Python look for some again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _document(text: str, name: str) -> tuple[int, list[Any]]:
    """Version and records of either form: one JSON object, or one a line."""
    if not text.strip():
        raise InvalidRequest(f"{name} is not a result file: it is empty.")
    try:
        whole = _from_json(text)
    except ValueError:
        whole = _lines(text, name)
    except RecursionError:
        raise InvalidRequest(f"{name} is not a result file: its JSON is nested too deep.") from None
    if isinstance(whole, dict) and whole.get("event") == "environment_read":
        whole = [whole]  # one line of --json
    if isinstance(whole, list):
        first = whole[0] if whole and isinstance(whole[0], dict) else {}
        whole = {"schema": first.get("schema"), "events": whole}
    if not isinstance(whole, dict) or not isinstance(whole.get("events"), list):
        raise InvalidRequest(f'{name} is not a result file: it has no "events".')
    version = whole.get("schema")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidRequest(f'{name} is not a result file: it has no version ("schema").')
    return version, whole["events"]


def _lines(text: str, name: str) -> list[Any]:
    records: list[Any] = []
    for number, line in enumerate(io.StringIO(text), 1):
        try:
            record = _from_json(line) if line.strip() else None
        except (ValueError, RecursionError):
            kept = f"broken or truncated at line {number}" if records else "not JSON, or truncated"
            raise InvalidRequest(f"{name} is not a whole result file: it is {kept}.") from None
        if record is None:
            continue
        if not isinstance(record, dict) or "event" not in record:  # and so may be millions of lines after it
            raise InvalidRequest(f'{name} is not a result file: line {number} has no "event".')
        records.append(record)
    return records


def _from_json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def with_measurements(path: str | Path) -> list[Record]:
    """Like read(), for a use that needs at least one point; raises InvalidRequest when there is none."""
    records = read(path)
    check_one_machine(records, _quoted(Path(path)))
    if not measurements(records):
        raise InvalidRequest(f"{_quoted(Path(path))} holds no measurement.")
    return records


def check_one_machine(records: Sequence[Record], name: str) -> None:
    """Raise InvalidRequest for the merged result of several nodes."""
    if any(record["event"] == "node_event" for record in records):
        raise InvalidRequest(
            f"{name} holds the results of several nodes; `python -m core.timing report FILE.json --node NAME "
            "--out ONE.json` extracts that of one."
        )


def _quoted(path: Path) -> str:
    """The path on one line, however odd its characters."""
    return repr(str(path))


def _cause(error: Exception) -> str:
    cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(cause)[0].lower() + str(cause)[1:]
