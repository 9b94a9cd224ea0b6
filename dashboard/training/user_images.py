"""A person's own images: the controls of their zip, and a preview of each class."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np
import streamlit as st

from core.data import DATASETS
from core.data.user import image_archive
from core.errors import InvalidRequest
from core.options import filled_in
from core.training import TrainConfig
from dashboard.components.markdown import escaped
from dashboard.components.option_field import option_field
from dashboard.components.upload_limits import say_upload_limits

DATA = "own_images"
SHOWN = 10  # images of each class in the preview
SHOWN_PX, GAP_PX = 56, 4  # pixels of one on a sharp screen, and between two


def choose_images(default: Mapping[str, Any]) -> dict[str, Any]:
    """A zip of class folders, and how its images are read. Raises InvalidRequest for no such zip."""
    help_text = (
        f"A folder for each class, {image_archive.MIN_CLASSES} to {image_archive.MAX_CLASSES} of them, with "
        f"{image_archive.MIN_IMAGES} images at least; {image_archive.MAX_IMAGES:,} images and "
        f"{image_archive.MAX_BYTES / 1e6:.0f} MB at most. The middle square of each is kept, made small."
    )
    given = st.file_uploader("Zip of class folders", type="zip", key="upload_images", help=help_text)
    say_upload_limits()
    chosen: dict[str, Any] = {}
    for column, name in zip(cycle(st.columns(2)), ("size", "colour"), strict=False):
        option = DATASETS[DATA].options[name]
        with column:
            chosen[name] = option_field(name.capitalize(), option, default.get(name, option.default), name)
    archive = kept_archive(given.getvalue()) if given else st.session_state.get("archive", "")
    return {"archive": archive} | chosen


def control_values(options: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the controls for the options of a run, by their keys."""
    return filled_in(DATASETS[DATA].options, options)


def problem_of(config: TrainConfig) -> str | None:
    """Why a training's images are not there; None where they are, and for other data."""
    try:
        if config.data == DATA:
            image_archive.own_images(config.data_options.get("archive", ""))
    except InvalidRequest as error:
        return str(error)
    return None


def draw_images(config: TrainConfig) -> None:
    """Some images of each class, as a network will see them."""
    options = filled_in(DATASETS[DATA].options, config.data_options)
    images = image_archive.own_images(options["archive"])
    st.caption(escaped(images.summary if options["archive"] else f"An example: {images.summary}"))
    columns = cycle(st.columns(2))
    for number, (name, count) in enumerate(images.counts.items()):
        members = np.flatnonzero(images.labels == number)[:SHOWN]
        strip = _strip(images.shown(int(options["size"]), options["colour"] == "grey")[members])
        with next(columns):
            st.image(strip, caption=f"{escaped(name)}, {len(members)} of {count:,}")


def _strip(pixels: np.ndarray) -> np.ndarray:
    """Images (n, side, side, 1 or 3) side by side, each pixel several times as large."""
    times = max(1, SHOWN_PX // pixels.shape[1])
    enlarged = pixels.repeat(times, axis=1).repeat(times, axis=2).repeat(3 // pixels.shape[3], axis=3)
    with_gaps = np.pad(enlarged, ((0, 0), (0, 0), (0, GAP_PX), (0, 0)), constant_values=128)
    return np.concatenate([*with_gaps], axis=1)[:, :-GAP_PX]


@st.cache_data(max_entries=4, show_spinner="Reading the images …")
def kept_archive(content: bytes) -> str:
    """Keep an uploaded zip; gives its name in the store of images."""
    return image_archive.add(content)
