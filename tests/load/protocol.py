"""What a browser tab says to the server and gets from it, without a browser: Streamlit's own protocol.

A tab sends a page's own hash with each rerun, as `navigation` names it; that of `new_session` is Home's.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState


@dataclass
class Control:
    """A widget of the page: its id, and the fragment in which it is drawn, if any."""

    id: str
    fragment: str
    label: str
    kind: str  # as Streamlit names its element: "slider", "button"


@dataclass
class Live:
    """A part of the page that is drawn again when its run has news."""

    component: str
    fragment: str
    data: dict[str, Any]
    drawn_at: float = field(default_factory=time.monotonic)


@dataclass
class Tab:
    """One page that is open, as far as a client without a screen knows it."""

    page: str
    query: str = ""
    hash: str = ""
    name: str = field(default_factory=lambda: secrets.token_hex(6))
    controls: dict[str, Control] = field(default_factory=dict)  # by label
    live: dict[str, Live] = field(default_factory=dict)  # by address
    clocks: dict[str, float] = field(default_factory=dict)  # seconds between two drawings, by fragment
    states: dict[str, WidgetState] = field(default_factory=dict)
    exceptions: list[str] = field(default_factory=list)
    received_bytes: int = 0
    whole: bool = True  # the drawing that was asked for last is of the whole page

    def rerun(self, fragment: str = "", clock: bool = False) -> bytes:
        """Ask for the page, or for one fragment of it."""
        message, self.whole = BackMsg(), not fragment
        rerun = message.rerun_script
        rerun.query_string, rerun.fragment_id, rerun.is_auto_rerun = self.query, fragment, clock
        rerun.page_script_hash = self.hash
        if not self.hash:
            rerun.page_name = self.page
        rerun.widget_states.widgets.extend(self.states.values())
        return message.SerializeToString()

    def press(self, label: str) -> bytes:
        """Press a button."""
        control = self.controls[label]
        self.states[control.id] = WidgetState(id=control.id, trigger_value=True)
        message = self.rerun(control.fragment)
        del self.states[control.id]
        return message

    def move(self, label: str, *values: float) -> bytes:
        """Set a slider."""
        control = self.controls[label]
        state = WidgetState(id=control.id)
        state.double_array_value.data.extend(values)
        self.states[control.id] = state
        return self.rerun(control.fragment)

    def question(self, part: Live) -> str:
        """The address under which the server says whether a part is to be drawn again."""
        age = round(1000 * (time.monotonic() - part.drawn_at))
        query = {"seen": part.data["seen"], "age": age, "page": self.name}
        return f"{part.data['address']}?{urlencode(query)}"

    def draw(self, part: Live) -> bytes:
        """Ask for a live part, as its script does when there is news."""
        trigger = f"$$STREAMLIT_INTERNAL_KEY_{part.component}__events"
        news = json.dumps([{"event": "news", "value": 0}])
        self.states[trigger] = WidgetState(id=trigger, json_trigger_value=news)
        message = self.rerun(part.fragment)
        del self.states[trigger]
        return message

    def take(self, data: bytes) -> bool:
        """A message from the server; True with the one after which the page is drawn."""
        self.received_bytes += len(data)
        message = ForwardMsg()
        message.ParseFromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session" and self.whole:
            for drawn in (self.clocks, self.live, self.controls):
                drawn.clear()
        elif kind == "navigation":
            self.hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self.clocks[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.HasField("new_element"):
            self._take_element(message.delta.new_element, message.delta.fragment_id)
        if kind == "script_finished" and message.script_finished == message.FINISHED_EARLY_FOR_RERUN:
            self.whole = True  # which follows at once
            return False
        return kind == "script_finished"

    def _take_element(self, element: Any, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.exceptions.append(element.exception.message)
        elif kind in ("slider", "button"):
            widget = getattr(element, kind)
            self.controls[widget.label] = Control(widget.id, fragment, widget.label, kind)
        elif kind == "bidi_component" and element.bidi_component.component_name.endswith("live_part"):
            data = json.loads(element.bidi_component.json)
            self.live[data["address"]] = Live(element.bidi_component.id, fragment, data)
