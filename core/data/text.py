"""Real English for networks that read and write character by character: Python's own help texts."""

from __future__ import annotations

import re

import numpy as np

from core.data.dataset import CLASSIFICATION, TEXT, LoadedDataset

# Typographic characters that a keyboard lacks, and what stands for them.
PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."})

# Lines and columns drawn with characters, and indentation: their runs would be most of what can be learned.
DRAWN = re.compile(r"([*=~+|^-])\1{2,}")
SPACES = re.compile(r"[ \t]+")


def python_help(characters: int, length: int, seed: int, test_fraction: float) -> LoadedDataset:
    """The first `characters` of Python's help texts in stretches of `length`; each next character is asked.

    Inputs and targets int64 (stretches, length): numbers of characters in `classes`; a target row is its
    input row one character later. The last part of the text is held back. Of characters beyond plain ASCII
    a few are replaced and the rest left out, and so are drawn lines and indentation. The seed plays no part.
    Source: pydoc_data.topics of the Python that runs; its words differ a little between versions.
    """
    from pydoc_data.topics import topics

    text = plain("\n\n".join(topics[name] for name in sorted(topics)))[: characters + 1]
    alphabet = sorted(set(text))
    number = {character: n for n, character in enumerate(alphabet)}
    numbers = np.array([number[character] for character in text], np.int64)
    stretches = (len(numbers) - 1) // length
    held_back = max(1, round(test_fraction * stretches))
    inputs = numbers[: stretches * length].reshape(stretches, length)
    targets = numbers[1 : stretches * length + 1].reshape(stretches, length)
    return LoadedDataset(
        kind=TEXT,
        task=CLASSIFICATION,
        train_inputs=inputs[:-held_back],
        train_targets=targets[:-held_back],
        test_inputs=inputs[-held_back:],
        test_targets=targets[-held_back:],
        classes=tuple(alphabet),
        train_times=np.arange(stretches - held_back),  # where in the text, which is read from its beginning
    )


def plain(text: str) -> str:
    """Text in printable ASCII and line ends, one space where there were many, without drawn lines."""
    text = "".join(c for c in text.translate(PLAIN) if c in "\n\t" or " " <= c <= "~")
    return SPACES.sub(" ", DRAWN.sub("", text))
