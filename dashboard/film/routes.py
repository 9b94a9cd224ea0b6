"""What the player fetches: a run's frames, its pictures, its activation function, and the player itself."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.errors import InvalidRequest, StoreUnavailable
from core.events import Frame
from core.models.layer_activations import of_record
from core.runs.store import RunStore
from dashboard.components.learning_rates import rate_at
from dashboard.components.runs import runner
from dashboard.film.activation_table import REACHES, table
from dashboard.film.drawing import drawing_of, frame_at
from dashboard.film.encoding import ENDED, FROM_START, MEDIA_TYPE, check_of, encode
from dashboard.film.pictures import Scores, answer, thinned
from dashboard.live.addresses import base
from dashboard.live.records import shared
from dashboard.live.web_files import FRESH, MEDIA_TYPES, WebFiles

WEB = Path(__file__).parent / "web"

SHARED_S = 0.25  # for so long an answer serves everybody who has the same frames
MAX_SHARED = 1000
MAX_SHARED_LARGE = 20  # answers with pictures, or with all weights of a frame
MAX_RATES = 1000  # of one answer
GZIP_LEVEL = 1  # numbers hardly get smaller by more work


def routes(store: Callable[[], RunStore] = lambda: runner().store) -> list[Route]:
    """All that lies under {base}/film; Streamlit's base path is for its own routes alone."""
    films = _Films(store)
    return [
        _PLAYER.route(),
        Route(f"{base()}/film/{{run}}", films.frames),
        Route(f"{base()}/film/{{run}}/activation", films.activation),
        Route(f"{base()}/film/{{run}}/rates", films.rates),
        Route(f"{base()}/film/{{run}}/clock", films.clock),
        Route(f"{base()}/film/{{run}}/pictures", films.pictures),
        Route(f"{base()}/film/{{run}}/drawing", films.drawing),
        Route(f"{base()}/film/{{run}}/frame", films.frame),
    ]


def _read_player() -> dict[str, bytes]:
    found = sorted(path for path in WEB.rglob("*") if path.suffix in MEDIA_TYPES)
    return {path.relative_to(WEB).as_posix(): path.read_bytes() for path in found}


_PLAYER = WebFiles("film", _read_player)
address = _PLAYER.address


class _Films:
    """The routes that read the store, each in a thread, since the store waits for the disk."""

    def __init__(self, store: Callable[[], RunStore]) -> None:
        self._store = store
        self._scores = Scores()
        self._shared: dict[tuple[str, ...], tuple[float, Response]] = {}
        self._shared_large: dict[tuple[str, ...], tuple[float, Response]] = {}

    async def frames(self, request: Request) -> Response:
        """The frames after step `after`; all of them where `check` shows that the browser has others."""
        query = request.query_params
        wanted = (request.path_params["run"], query.get("after", ""), query.get("check", ""))
        return await _shared(self._shared, MAX_SHARED, wanted, partial(_frames, self._store, *wanted))

    async def pictures(self, request: Request) -> Response:
        """Panels of the pictures after number `after`, and the scores where the browser has others."""
        query = request.query_params
        known = {name: query.get(name, "") for name in ("stamp", "scores")}
        run, after = request.path_params["run"], query.get("after", "0")
        return await self._packed(
            request,
            (run, after, *known.values()),
            lambda: answer(self._store(), self._scores, run, known, _number("after", after)),
        )

    async def drawing(self, request: Request) -> Response:
        """What a browser needs to classify a drawing, beside the weights of frames."""
        run = request.path_params["run"]
        return await self._packed(request, ("drawing", run), lambda: drawing_of(self._store(), run))

    async def frame(self, request: Request) -> Response:
        """The last frame that is not after `step`, of any network whose film has frames."""
        run, step = request.path_params["run"], request.query_params.get("step", "")
        return await self._packed(
            request, ("frame", run, step), lambda: frame_at(self._store(), run, _number("step", step))
        )

    async def _packed(self, request: Request, wanted: tuple[str, ...], body: Callable[[], bytes]) -> Response:
        """A large answer, compressed where the browser takes that."""
        packed = "gzip" in request.headers.get("accept-encoding", "")
        headers = FRESH | {"content-encoding": "gzip" if packed else "identity"}
        return await _shared(
            self._shared_large,
            MAX_SHARED_LARGE,
            (*wanted, str(packed)),
            lambda: gzip.compress(body(), GZIP_LEVEL) if packed else body(),
            headers,
        )

    async def activation(self, request: Request) -> Response:
        """The activation of the run's network, `reach` to either side of 0, or its `derivative` (1).

        Of hidden layers with several, that of the `layer`, counted from 0.
        """
        run, query = request.path_params["run"], request.query_params
        wanted = query.get("reach", ""), query.get("derivative", "0"), query.get("layer", "0")
        return await run_in_threadpool(_answered, partial(_activation, self._store, run, *wanted))

    async def rates(self, request: Request) -> Response:
        """The learning rate that is in force after each of these `steps`, out of `planned`, as JSON."""
        run, query = request.path_params["run"], request.query_params
        wanted = query.get("steps", ""), query.get("planned", "")
        return await run_in_threadpool(_answered, partial(_rates, self._store, run, *wanted))

    async def clock(self, request: Request) -> Response:
        """[step, seconds of training] at the ends of epochs, as JSON."""
        return await run_in_threadpool(_answered, partial(_clock, self._store, request.path_params["run"]))


async def _shared(
    held: dict[tuple[str, ...], tuple[float, Response]],
    limit: int,
    wanted: tuple[str, ...],
    body: Callable[[], bytes],
    headers: Mapping[str, str] = FRESH,
) -> Response:
    """The answer that somebody else has just got, or a new one."""
    now = time.monotonic()
    made, found = held.get(wanted, (0.0, None))
    if found is None or now - made > SHARED_S:
        found = await run_in_threadpool(_answered, body, headers)
        if len(held) >= limit:
            held.clear()
        held[wanted] = (now, found)
    return found


def _answered(body: Callable[[], bytes], headers: Mapping[str, str] = FRESH) -> Response:
    """The bytes, or what is wrong in one sentence."""
    try:
        return Response(body(), media_type=MEDIA_TYPE, headers=headers)
    except KeyError:
        return PlainTextResponse("There is no run of this address.", 404, FRESH)
    except StoreUnavailable as error:  # the player asks again
        return PlainTextResponse(str(error), 503, FRESH)
    except InvalidRequest as error:
        return PlainTextResponse(str(error), 400, FRESH)


def _frames(store: Callable[[], RunStore], run_id: str, after: str, check: str) -> bytes:
    if not after:
        return _whole(store(), run_id)
    step, mark = _number("after", after), _number("check", check)
    ended, frames = _film_from(store(), run_id, step)
    if frames and frames[0].step == step and check_of(frames[0]) == mark:
        return encode(frames[1:], ENDED if ended else 0)
    return _whole(store(), run_id)


def _whole(store: RunStore, run_id: str) -> bytes:
    ended, frames = _film_from(store, run_id, 0)
    return encode(frames, FROM_START | (ENDED if ended else 0))


def _film_from(store: RunStore, run_id: str, step: int) -> tuple[bool, list[Frame]]:
    found = store.film_from(run_id, step)
    if found is None:
        raise KeyError(run_id)
    return found


def _activation(store: Callable[[], RunStore], run_id: str, reach: str, derivative: str, layer: str) -> bytes:
    run = store().get(run_id)
    if run is None:
        raise KeyError(run_id)
    activation = run.config.get("activation")
    if not activation:
        raise InvalidRequest("This run has no activation function.")
    if _number("reach", reach) not in REACHES:
        raise InvalidRequest(f"reach is {reach}; it must be one of {', '.join(map(str, REACHES))}.")
    if _number("derivative", derivative) > 1:
        raise InvalidRequest(f"derivative is {derivative}; it must be 0 or 1.")
    each = of_record(run.config) if run.config.get("hidden") else (str(activation),)
    if _number("layer", layer) >= len(each):
        raise InvalidRequest(f"layer is {layer}; it must be from 0 to {len(each) - 1}.")
    return table(each[int(layer)], int(reach), derivative=int(derivative) == 1)


def _rates(store: Callable[[], RunStore], run_id: str, steps: str, planned: str) -> bytes:
    run = store().get(run_id)
    if run is None:
        raise KeyError(run_id)
    asked = [_number("steps", step) for step in steps.split(",", MAX_RATES)[:MAX_RATES]]
    total = _number("planned", planned)
    if total < 1 or max(asked) > total:
        raise InvalidRequest(f"planned is {total}; it must be at least 1 and the largest of the steps.")
    changes = shared.records(store(), run_id).by_event.get("setting_changed", [])
    return json.dumps([rate_at(run.config, total, changes, step) for step in asked]).encode()


def _clock(store: Callable[[], RunStore], run_id: str) -> bytes:
    if store().get(run_id) is None:
        raise KeyError(run_id)
    epochs = shared.records(store(), run_id).by_event.get("epoch_completed", [])
    return json.dumps(thinned([[epoch["step"], epoch["elapsed_s"]] for epoch in epochs])).encode()


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidRequest(f"{name} is {text[:40]!r}; it must be a whole number.")
    return int(text)
