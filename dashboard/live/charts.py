"""Charts that are drawn once for all who look at the same."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, TypeAlias

import altair as alt
from streamlit.dataframe_util import convert_anything_to_arrow_bytes
from streamlit.delta_generator import DeltaGenerator

# What altair_chart() does first; what it does with the result, vega_lite_chart() does as well.
from streamlit.elements.vega_charts import _convert_altair_to_vega_lite_spec as _with_arrow_data

from dashboard.charts.drawing import Drawing, Look

ROWS = "rows"  # what a chart's specification calls its rows, where they are apart from it
MAX_LOOKS = 256
MAX_BYTES = 32 * 2**20  # of all drawn charts together

AnyChart = alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart
Drawn: TypeAlias = "AnyChart | Drawing"
Spec = dict[str, Any]


class DrawnCharts:
    """Vega-Lite specifications with their data as bytes, those used last, bounded in all."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held: OrderedDict[Hashable, tuple[int, Spec]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._drawing: dict[Hashable, threading.Lock] = {}

    def of(self, what: Hashable, draw: Callable[[], Drawn]) -> Spec:
        """The chart of this description, which says all that it depends on; drawn where nobody has yet."""
        with self._lock:
            if what in self._held:
                self._held.move_to_end(what)
                return self._held[what][1]
            drawing = self._drawing.setdefault(what, threading.Lock())
        with drawing:  # the others wait for the one who draws
            with self._lock:
                if what in self._held:
                    return self._held[what][1]
            try:
                spec = _spec(draw())
                self._hold(what, spec)
            finally:
                with self._lock:
                    self._drawing.pop(what, None)
            return spec

    def _hold(self, what: Hashable, spec: Spec) -> None:
        size = _bytes_of(spec)
        with self._lock:
            self._held[what] = (size, spec)
            self._bytes += size
            while self._bytes > self._max_bytes and len(self._held) > 1:
                _, (freed, _) = self._held.popitem(last=False)
                self._bytes -= freed


def _spec(drawn: Drawn) -> Spec:
    if not isinstance(drawn, Drawing):
        return dict(_with_arrow_data(drawn))
    spec = _spec_of_look(drawn.look)
    rows = {ROWS: convert_anything_to_arrow_bytes(drawn.rows)}
    return spec | {"datasets": spec.get("datasets", {}) | rows}


@lru_cache(MAX_LOOKS)
def _spec_of_look(look: Look) -> Spec:
    """Building this takes ten times as long as all the rest of a small chart."""
    return dict(_with_arrow_data(look.chart(alt.NamedData(ROWS))))


def _bytes_of(spec: Spec) -> int:
    data = spec.get("datasets", {}).values()
    rest = {name: part for name, part in spec.items() if name != "datasets"}
    return len(json.dumps(rest)) + sum(len(one) if isinstance(one, bytes) else 0 for one in data)


_drawn = DrawnCharts()


def draw_shared(
    place: DeltaGenerator,
    name: str,
    what: Hashable,
    draw: Callable[[], Drawn],
    text_alternative: str | None = None,
) -> None:
    """Show a chart under this name; `what` says all that it depends on, so that one drawing serves all."""
    place.vega_lite_chart(spec=_drawn.of((name, what), draw), key=name, alt=text_alternative)
