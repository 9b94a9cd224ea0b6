"""Films served as the dashboard serves them, and a bare page with the player, without Streamlit."""

from __future__ import annotations

import contextlib
import html
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from core.data import load
from core.data.dataset import LoadedDataset
from core.data.points import picture
from core.events import FRAME_VALUES, Frame, Picture
from core.models import MODELS
from core.records import from_record, to_record
from core.runs.store import Run, RunStore
from core.training.config import TrainConfig, default_config
from core.training.film.drawn_from_weights import drawn_from_weights
from dashboard.charts.training.curves import METRICS
from dashboard.film import routes, together
from dashboard.film.description import FilmDescription
from dashboard.film.editing import editing_of
from dashboard.film.of_run import of_run
from dashboard.film.player import CSS, HTML, room
from dashboard.film.together import Moment, Seat
from tests.browser.app import free_port

# The colours that Streamlit's themes of this project give a component.
THEMES = {
    "light": ("#FFFFFF", "#F4F6F8", "#1F2933", "#D9DEE4", "#0072B2"),
    "dark": ("#12161C", "#1C222B", "#E6EAF0", "#333C48", "#56B4E9"),
}
_VARIABLES = ("background", "secondary-background", "text", "border", "primary")

_PAGE = """<!doctype html><meta name="viewport" content="width=device-width"><title>Film</title>
<style>{css}</style>
<body style="margin: 0; font-family: sans-serif; background: var(--st-background-color); {theme}">
<main style="max-width: 1280px; margin: 16px auto; padding: 0 16px; {room}">{html}<p>Below the film</p></main>
<script type="module">
  import mount from "{script}";
  window.reports = [];
  const component = {{
    parentElement: document.querySelector("main"),
    setTriggerValue: (name, value) => window.reports.push([name, value]),
  }};
  window.described = {data};
  window.mounted = (changes) => mount({{ ...component, data: {{ ...window.described, ...changes }} }});
  window.unmount = await window.mounted({{}});
</script>"""


class FilmServer:
    """A store with films, and the address under which a browser can watch them."""

    def __init__(self, store: RunStore, url: str) -> None:
        self.store, self.url = store, url

    def add(self, config: TrainConfig, frames: Sequence[Frame], ended: bool = True) -> str:
        """A run of this config with these frames; returns its id."""
        run = self.store.create("training", to_record(config))
        self.store.claim("nobody", limit=100)
        self.store.write(run, frames=frames)
        if ended:
            self.store.end(run, "finished")
        return run

    def add_pictures(self, config: TrainConfig, pictures: Sequence[Picture], ended: bool = True) -> str:
        """A run of this config whose film has these pictures, of two epochs of 50 steps; returns its id."""
        run = self.add(config, [], ended=False)
        started = {
            "event": "training_started",
            "metric": "accuracy",
            "parameters": 10**6,
            "epochs": 2,
            "steps_per_epoch": 50,
        }
        epochs = [
            {"event": "epoch_completed", "step": step, "elapsed_s": step / 100}
            | dict.fromkeys(FRAME_VALUES, value)
            for step, value in ((50, 0.5), (100, 0.25))
        ]
        events = [(n, 0.0, record) for n, record in enumerate([started, *epochs], 1)]
        self.store.write(run, events, pictures, film_pictures=pictures)
        if ended:
            self.store.end(run, "finished")
        return run

    def together(self, runs: Sequence[str], theme: str = "light", moment: Moment | None = None) -> str:
        """The address of a page with the films of these runs in step."""
        at = f"&over={moment.over}&at={moment.at}" if moment else ""
        return f"{self.url}/together/{','.join(runs)}?theme={theme}{at}"

    def page(self, run: str, theme: str = "light", **changes: Any) -> str:
        """The address of a page with the player of this run."""
        return f"{self.url}/page/{run}?theme={theme}&changes={json.dumps(changes)}"


def frame(step: int, weights: np.ndarray, **values: float) -> Frame:
    """A frame whose values are all known."""
    known = dict.fromkeys(FRAME_VALUES, 0.5) | values
    return Frame(step, known, weights.astype(np.float32))


def network_of(config: TrainConfig, data: LoadedDataset, seed: int = 0, gain: float = 1.0) -> torch.nn.Module:
    """The network of a config with weights from a seed, `gain` times as large as torch's own."""
    torch.manual_seed(seed)
    outputs = 1 if len(data.classes) == 2 else len(data.classes)
    network = MODELS[config.model].build(
        data.train_inputs.shape[1:], outputs, config.hidden, config.activation, **config.model_options
    )
    with torch.no_grad():
        for parameter in network.parameters():
            parameter *= gain
    return network


def weights_of(network: torch.nn.Module) -> np.ndarray:
    """All parameters in their order."""
    return torch.cat([parameter.detach().ravel() for parameter in network.parameters()]).numpy()


def data_of(config: TrainConfig) -> LoadedDataset:
    """What the config trains on."""
    settings = {"samples": config.samples, "noise": config.noise, **config.data_options}
    data: LoadedDataset = load(config.data, seed=config.seed, test_fraction=config.test_fraction, **settings)
    return data


def short_film(frames: int = 12, **settings: Any) -> tuple[TrainConfig, list[Frame]]:
    """A film that nobody trained: random networks of which each is half the one before."""
    config = default_config("mlp", **({"data": "moons", "hidden": (4, 3), "epochs": frames - 1} | settings))
    network = network_of(config, data_of(config))
    fresh = weights_of(network)
    losses = np.linspace(0.7, 0.1, frames)
    return config, [
        frame(25 * n, fresh * (0.5 + n / frames), train_loss=loss, test_loss=loss + 0.05)
        for n, loss in enumerate(losses)
    ]


@contextlib.contextmanager
def film_server(store: RunStore) -> Iterator[FilmServer]:
    """Serve the films of a store."""
    port = free_port()
    pages = [Route("/page/{run}", _page(store)), Route("/together/{runs}", _together(store))]
    app = Starlette(routes=pages + routes.routes(lambda: store))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield FilmServer(store, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join()


def _page(store: RunStore) -> Any:
    def page(request: Request) -> HTMLResponse:
        run = store.get(request.path_params["run"])
        assert run is not None
        described = _described(store, run)
        shown = described.data("", routes.address("player.css"))
        shown |= json.loads(request.query_params.get("changes", "{}"))
        return _response(request, shown, CSS, room(described), routes.address("main.js"))

    return page


def _together(store: RunStore) -> Any:
    def page(request: Request) -> HTMLResponse:
        runs = [store.get(run) for run in request.path_params["runs"].split(",")]
        seats = [Seat(_described(store, run), f"Run {n}", n) for n, run in enumerate(runs) if run]
        query = request.query_params
        moment = Moment(query["over"], float(query["at"])) if "over" in query else None
        shown = together.data_of(seats, moment)
        css, style = together.room_css(".film", ".film-room"), f"--films: {len(seats)}"
        return _response(request, shown, css, style, str(shown["script"]))

    return page


def _response(request: Request, shown: Mapping[str, Any], css: str, room: str, script: str) -> HTMLResponse:
    theme = zip(_VARIABLES, THEMES[request.query_params.get("theme", "light")], strict=True)
    return HTMLResponse(
        _PAGE.format(
            css=css,
            html=HTML,
            room=room,
            theme=html.escape("; ".join(f"--st-{name}-color: {color}" for name, color in theme)),
            script=script,
            data=json.dumps(shown),
        )
    )


def _described(store: RunStore, run: Run) -> FilmDescription:
    """What a page tells the player: of a training that ran, or of frames that nobody trained."""
    config = from_record(TrainConfig, run.config)
    for _, record in store.events_after(run.id):
        if record["event"] == "training_started":
            pictures = store.pictures(run.id)
            points = pictures.get("points") if drawn_from_weights(config, record["parameters"]) else None
            keys = [key for key in pictures if not points or key not in ("points", "decision_map")]
            editing = editing_of(config) if points else None
            return of_run(run, record, METRICS[record["metric"]], points, keys, editing=editing)
    data = data_of(config)
    started = {
        "outputs": 1 if len(data.classes) == 2 else len(data.classes),
        "input_shape": data.train_inputs.shape[1:],
        "epochs": config.epochs,
        "steps_per_epoch": -(-len(data.train_inputs) // config.batch_size),
    }
    return of_run(run, started, METRICS["accuracy"], picture(data), editing=editing_of(config))
