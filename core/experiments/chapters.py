"""The chapters of the source text, an overview of deep learning from 2021, in its order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    """One chapter of the text."""

    title: str
    title_zh: str  # the text's own heading


CHAPTERS: dict[str, Chapter] = {
    "neural_networks": Chapter("Neural networks", "神经网络"),
    "feed_forward": Chapter("Feed-forward networks", "前向神经网络"),
    "recurrent": Chapter("Recurrent networks", "循环神经网络"),
    "activations": Chapter("Activation functions", "激活函数"),
    "hardware": Chapter("Hardware and software", "硬件和软件"),
}
