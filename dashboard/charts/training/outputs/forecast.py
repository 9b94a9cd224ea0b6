"""A network's forecast of a series, beside forecasts that need no network."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from core.events import Picture
from dashboard.charts.lines import lines

TRUTH, NETWORK = "Truth", "Network"


def forecast_chart(picture: Picture) -> alt.LayerChart:
    """Truth, the network's forecast and the naive ones, with the error of each and the network's skill."""
    arrays, values = picture.arrays, of_any_version(picture.values)
    naives = _naives(picture)
    table = {"Time": _times(picture), TRUTH: arrays["truth"], **forecasts(picture)}
    y_title = f"{values['quantity']} ({values['unit']})"
    chart = lines(
        table, "Time", "", y_title, y_format=_format(arrays["truth"]), height=380, faint=tuple(naives)
    )
    skill = f"{values['skill']:.2f}".replace("-", "−")
    first, *others = errors_in_words(values)
    chart.title = alt.Title(
        f"Forecast {values['horizon']} ahead, the end of the test split",
        subtitle=[
            f"Skill here {skill} = 1 − {values['rmse']:.2f} / {values['baseline_rmse']:.2f}",
            f"RMSE ({values['error_unit']}): {first}",
            *others,
        ],
        subtitleColor="gray",
    )
    return chart


def errors_in_words(values: dict[str, Any]) -> list[str]:
    """The network's error and those of the naive forecasts, the best first: two a line fit a phone."""
    errors = sorted(zip(values["naives"], values["naive_rmse"], strict=True), key=lambda naive: naive[1])
    each = [f"{name} {error:.2f}" for name, error in (("network", values["rmse"]), *errors)]
    return [", ".join(each[n : n + 2]) for n in range(0, len(each), 2)]


def forecast_error_chart(picture: Picture) -> alt.LayerChart:
    """How far each forecast was off: nearer to zero is better."""
    arrays, values = picture.arrays, of_any_version(picture.values)
    share = arrays["now"] / 100 if values["relative"] else np.float32(1)
    table = {name: (forecast - arrays["truth"]) / share for name, forecast in forecasts(picture).items()}
    return lines(
        {"Time": _times(picture), **table},
        "Time",
        "Forecast minus truth",
        f"Error ({values['error_unit']})",
        y_format="+.2f",
        height=280,
        faint=tuple(name for name in table if name != NETWORK),
        every=(TRUTH, *table),  # so that each has the colour that it has above
    )


def of_any_version(values: Any) -> dict[str, Any]:
    """The values of a picture, also of a run of version 0.1: there one naive forecast, in hours."""
    found = dict(values)
    if "naives" not in found:
        found |= {"quantity": "Temperature", "error_unit": found["unit"], "relative": False}
        found |= {"horizon": f"{found['horizon_h']} h", "naives": [f"as {found['horizon_h']} h before"]}
        found["naive_rmse"] = [found["baseline_rmse"]]
        found["skill"] = 1 - found["rmse"] / found["baseline_rmse"]
    return found


def forecasts(picture: Picture) -> dict[str, np.ndarray]:
    """The network's forecast and the naive ones by the names of their lines."""
    return {NETWORK: picture.arrays["forecast"], **_naives(picture)}


def _naives(picture: Picture) -> dict[str, np.ndarray]:
    """The naive forecasts by the names of their lines."""
    names = [name[0].upper() + name[1:] for name in of_any_version(picture.values)["naives"]]
    if "naive_0" not in picture.arrays:
        return {names[0]: picture.arrays["baseline"]}
    return {name: picture.arrays[f"naive_{number}"] for number, name in enumerate(names)}


def _times(picture: Picture) -> np.ndarray:
    return picture.arrays["times"].astype("datetime64[s]")


def _format(values: np.ndarray) -> str:
    """Of a read-out: large numbers have no use for digits behind the point."""
    return ",.0f" if np.abs(values).max() >= 1000 else ".2f"
