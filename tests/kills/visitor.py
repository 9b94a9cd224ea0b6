"""Somebody who brings a table and takes a zip, over HTTP and a websocket as a browser does."""

from __future__ import annotations

import http.client
import secrets
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

from tests.load.protocol import Tab

LIMIT_S = 120.0
XSRF = "_streamlit_xsrf"


class Refused(RuntimeError):
    """What the server has said in place of what was asked for."""


class Visitor:
    """One open page. Any method raises OSError, EOFError or a websocket's error when the server is killed."""

    def __init__(self, url: str, page: str, query: str) -> None:
        self._address, self._tab = urlsplit(url), Tab(page, query)
        self._elements: dict[str, Any] = {}  # the last of each kind
        self._session = ""
        self._cookies: dict[str, str] = {}
        for path in (f"/{page}", "/_stcore/health"):  # with which the tokens against foreign pages come
            answer = self._http("GET", path)
            for text in answer.headers.get_all("set-cookie", []):
                self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(text).items()}
        self._socket = connect(
            f"ws://{self._address.netloc}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"cookie": self._cookie_header()},
            origin=url,  # type: ignore[arg-type]
            max_size=None,
        )
        self._draw(self._tab.rerun())

    def close(self) -> None:
        """Close the tab."""
        self._socket.close()

    def upload(self, content: bytes) -> str:
        """Bring a table; returns when the page has it and says what the page shows of it."""
        uploader = self._elements["file_uploader"]
        wanted = BackMsg()
        wanted.file_urls_request.request_id = secrets.token_hex(8)
        wanted.file_urls_request.file_names.append("table.csv")
        wanted.file_urls_request.session_id = self._session
        (place,) = self._answer(wanted, "file_urls_response").file_urls
        boundary = secrets.token_hex(8)
        body = (
            f'--{boundary}\r\ncontent-disposition: form-data; name="table.csv"; filename="table.csv"\r\n'
            "content-type: text/csv\r\n\r\n"
        ).encode() + content
        kind = f"multipart/form-data; boundary={boundary}"
        answer = self._http(
            "PUT",
            place.upload_url,
            body + f"\r\n--{boundary}--\r\n".encode(),
            {"content-type": kind, "x-xsrftoken": self._cookies[XSRF]},
        )
        if answer.status != 204:
            raise Refused(f"{answer.status} {answer.read()[:200]!r}")
        state = WidgetState(id=uploader.id)
        file = state.file_uploader_state_value.uploaded_file_info.add()
        file.file_id, file.name, file.size = place.file_id, "table.csv", len(content)
        file.file_urls.CopyFrom(place)
        self._tab.states[uploader.id] = state
        self._draw(self._tab.rerun())
        return self._tab.query

    def export(self) -> bytes:
        """The zip of the page's run. Raises Refused with what the page says in its place."""
        asked = BackMsg()
        request = asked.backend_operation_request
        request.request_id, request.session_id = secrets.token_hex(8), self._session
        request.deferred_file.file_id = self._elements["download_button"].deferred_file_id
        answer = self._answer(asked, "backend_operation_response")
        if answer.error_msg:
            raise Refused(answer.error_msg)
        fetched = self._http("GET", answer.deferred_file.url)
        content = fetched.read()
        if fetched.status != 200:
            raise Refused(f"{fetched.status} {content[:200]!r}")
        return content

    def _draw(self, message: bytes) -> None:
        """Send, and take messages until the page is drawn."""
        self._socket.send(message)
        while not self._take():
            pass
        if self._tab.exceptions:
            raise Refused(self._tab.exceptions.pop())

    def _answer(self, asked: BackMsg, kind: str) -> Any:
        """Send, and take messages until this answer comes."""
        self._socket.send(asked.SerializeToString())
        self._elements.pop(kind, None)
        while kind not in self._elements:
            self._take()
        return self._elements[kind]

    def _take(self) -> bool:
        data = self._socket.recv(LIMIT_S)
        assert isinstance(data, bytes)
        message = ForwardMsg()
        message.ParseFromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._session = message.new_session.initialize.session_id
        elif kind in ("file_urls_response", "backend_operation_response"):
            self._elements[kind] = getattr(message, kind)
        elif kind == "delta" and message.delta.HasField("new_element"):
            element = message.delta.new_element
            name = str(element.WhichOneof("type"))
            if name != "download_button" or element.download_button.label == "Export":
                self._elements[name] = getattr(element, name)
        return self._tab.take(data)

    def _cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _http(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(
            str(self._address.hostname), self._address.port, timeout=LIMIT_S
        )
        sent = {"connection": "close", **(headers or {})}
        if self._cookies:
            sent["cookie"] = self._cookie_header()
        connection.request(method, path, body, sent)
        return connection.getresponse()
