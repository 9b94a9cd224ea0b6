"""Real English for character-level language models: Python's own help texts."""

from __future__ import annotations

import re

import numpy as np

from core.data.dataset import CLASSIFICATION, TEXT, LoadedDataset

# Typographic characters that a keyboard lacks, and their replacements.
PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."})

NOT_TYPED = re.compile(r"[^\n\t -~]+")

# Lines and columns drawn with characters, and indentation: their runs would be most of what can be learned.
DRAWN = re.compile(r"([*=~+|^-])\1{2,}")
SPACES = re.compile(r"[ \t]+")


def python_help(characters: int, length: int, seed: int, test_fraction: float) -> LoadedDataset:
    """The first `characters` of Python's help texts in sequences of `length`; targets: the next characters.

    Inputs and targets int64 (sequences, length): numbers of characters in `classes`; a target row is its
    input row one character later. The last part of the text is the test data. Of characters beyond plain
    ASCII a few are replaced and the rest left out, and so are drawn lines and indentation. The seed has no
    effect. Source: pydoc_data.topics of the running Python; its text differs a little between versions.
    """
    from pydoc_data.topics import topics

    text = plain("\n\n".join(topics[name] for name in sorted(topics)))[: characters + 1]
    codes, numbers = np.unique(np.frombuffer(text.encode("ascii"), np.uint8), return_inverse=True)
    alphabet = [chr(code) for code in codes]
    sequences = (len(numbers) - 1) // length
    test_size = max(1, round(test_fraction * sequences))
    inputs = numbers[: sequences * length].reshape(sequences, length)
    targets = numbers[1 : sequences * length + 1].reshape(sequences, length)
    return LoadedDataset(
        kind=TEXT,
        task=CLASSIFICATION,
        train_inputs=inputs[:-test_size],
        train_targets=targets[:-test_size],
        test_inputs=inputs[-test_size:],
        test_targets=targets[-test_size:],
        classes=tuple(alphabet),
        train_times=np.arange(sequences - test_size),  # positions in the text, in order
    )


def plain(text: str) -> str:
    """Text in printable ASCII and line ends, one space where there were many, without drawn lines."""
    return SPACES.sub(" ", DRAWN.sub("", NOT_TYPED.sub("", text.translate(PLAIN))))
