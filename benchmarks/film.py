"""What the film of a small network costs: the browser that plays it, and the server that many watch.

    python benchmarks/film.py [--seconds 5] [--polls 2000]

In the browser: pictures a second at 1440 px, at most as many as the screen has, with how long the page's
main thread works on each (script alone, and with drawing). Chromium runs without a GPU, so the CPU rasters.
On the server: CPU time of one poll without news, as every watcher makes one each second, where all watch
one film and where each watches another.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import tempfile
import urllib.parse
from pathlib import Path

import psutil
from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.records import to_record  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from dashboard.film.encoding import check_of  # noqa: E402
from tests.browser.app import chromium, find_chromium, start_server  # noqa: E402
from tests.film_server import FilmServer, film_server, short_film  # noqa: E402

NETWORKS = {"2-8-8-1": (8, 8), "2-8-8-8-8-8-8-1": (8,) * 6}
FILM = "document.querySelector('.film').film"
PICTURES, POLL_MS = 30, 0.5  # the promises: at least so many a second, at most so long


def play(browser: Browser, films: FilmServer, hidden: tuple[int, ...], ratio: int, seconds: float) -> None:
    """Print how fast one film plays on a screen of this device pixel ratio."""
    run = films.add(*short_film(120, hidden=hidden))
    page = browser.new_page(viewport={"width": 1440, "height": 900}, device_scale_factor=ratio)
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable")
    page.goto(films.page(run, autoplay=True))
    page.wait_for_function(f"{FILM}?.playing")
    page.get_by_label("Speed").select_option("0.25×")

    def counters() -> dict[str, float]:
        metrics = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
        return metrics | {"drawn": page.evaluate(f"{FILM}.drawn")}

    before = counters()
    page.wait_for_timeout(1000 * seconds)
    after = counters()
    spent = {name: after[name] - before[name] for name in before}
    script, task = (1000 * spent[name] / spent["drawn"] for name in ("ScriptDuration", "TaskDuration"))
    rate = spent["drawn"] / spent["Timestamp"]
    print(f"{ratio:17} {rate:10.1f} {script:10.2f} {task:10.2f}", f"(at least {PICTURES})")
    page.close()


def poll(runs: list[tuple[str, str]], address: str, process: int, polls: int) -> float:
    """CPU milliseconds of the server for one poll, of each run in turn, over one connection."""
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
    server = psutil.Process(process)

    def spent_s() -> float:
        times = server.cpu_times()
        return times.user + times.system

    began_s = spent_s()
    for n in range(polls):
        run, query = runs[n % len(runs)]
        connection.request("GET", f"/film/{run}?{query}")
        answer = connection.getresponse()
        assert answer.status == 200
        assert len(answer.read()) == 24  # nothing new
    return 1000 * (spent_s() - began_s) / polls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--polls", type=int, default=2000)
    options = parser.parse_args()
    path = find_chromium()
    with tempfile.TemporaryDirectory() as home:
        store = RunStore(Path(home) / "runs.sqlite")
        if path is not None:
            with film_server(store) as films, chromium(path) as browser:
                for name, hidden in NETWORKS.items():
                    print(
                        f"{name}\n{'pixels per px':>17} {'pictures/s':>10} {'script ms':>10} {'all ms':>10}"
                    )
                    for ratio in (1, 2):
                        play(browser, films, hidden, ratio, options.seconds)
        config, frames = short_film(120)
        runs = []
        for _ in range(200):
            run = store.create("training", to_record(config))
            store.write(run, frames=frames)
            store.end(run, "finished")
            runs.append((run, f"after={frames[-1].step}&check={check_of(frames[-1])}"))
        server = start_server(Path(home))
        try:
            for name, watched in (("one film", runs[:1]), ("a film each", runs)):
                poll(watched, server.url, server.process.pid, 200)  # the first ones import and connect
                cost = poll(watched, server.url, server.process.pid, options.polls)
                print(f"a poll without news, {name:12} {cost:6.2f} ms of CPU (at most {POLL_MS})")
        finally:
            server.stop()
            store.close()


if __name__ == "__main__":
    main()
