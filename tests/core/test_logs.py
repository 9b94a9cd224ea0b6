"""With JSON logs each line is one object, whatever is logged and whoever does it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime

PROGRAM = """
import logging, sys, threading
from core.logs import write_as_json
theirs = logging.getLogger("streamlit.web")
theirs.addHandler(logging.StreamHandler(sys.stderr))
theirs.propagate = False
write_as_json()
logging.getLogger("a.room").warning("The file %r\\nis \\u2028 locked.", "x")
theirs.error("theirs")
logging.getLogger("uvicorn.access").info("GET /film/x")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("a.room").exception("It failed.")
thread = threading.Thread(target=lambda: {}["gone"])
thread.start()
thread.join()
raise ValueError("at the end")
"""


def test_each_line_is_one_object_with_the_traceback_in_it() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["level"], line["logger"], line["message"]) for line in lines] == [
        ("warning", "a.room", "The file 'x'\nis \u2028 locked."),
        ("error", "streamlit.web", "theirs"),
        ("error", "a.room", "It failed."),
        ("error", "uncaught", "Nobody caught this."),
        ("error", "uncaught", "Nobody caught this."),
    ]
    assert datetime.fromisoformat(lines[0]["time"]).utcoffset() is not None
    traces = [line.get("traceback", "") for line in lines[2:]]
    for trace, error in zip(traces, ("ZeroDivisionError", "KeyError", "ValueError: at the end"), strict=True):
        assert error in trace
