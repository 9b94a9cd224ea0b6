"""Images that a restricted Boltzmann machine makes by Gibbs sampling."""

from __future__ import annotations

import altair as alt

from core.events import Picture
from dashboard.charts.training.generative.samples import images_chart


def fantasies_chart(picture: Picture) -> alt.Chart:
    """Images that an RBM made by sampling."""
    return images_chart(picture.arrays["images"], "Samples (Gibbs)", "200 steps of Gibbs sampling from noise")
