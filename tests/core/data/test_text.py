"""The text is Python's own help, and each next character is asked."""

from __future__ import annotations

from pydoc_data.topics import topics

import numpy as np

from core.data.text import plain, python_help


def test_stretches_give_back_the_text_and_targets_lie_one_character_ahead() -> None:
    data = python_help(characters=20_000, length=50, seed=0, test_fraction=0.2)
    inputs = np.concatenate([data.train_inputs, data.test_inputs])
    targets = np.concatenate([data.train_targets, data.test_targets])
    assert inputs.shape == targets.shape == (400, 50)
    read = "".join(data.classes[n] for n in inputs.ravel())
    assert "".join(data.classes[n] for n in targets.ravel())[:-1] == read[1:]
    # The topics stand one after the other, and the first is plain ASCII but for the line under its title.
    words = topics[min(topics)].split()
    assert read.split()[:150] == [word for word in words if set(word) != {"*"}][:150]


def test_test_data_come_after_the_training_data() -> None:
    data = python_help(characters=20_000, length=50, seed=0, test_fraction=0.2)
    assert (len(data.train_inputs), len(data.test_inputs)) == (320, 80)
    assert data.train_targets[-1, -1] == data.test_inputs[0, 0]


def test_characters_are_plain() -> None:
    data = python_help(characters=1_000_000, length=64, seed=0, test_fraction=0.1)
    assert data.train_inputs.size > 300_000  # all there is
    assert all(c == "\n" or " " <= c <= "~" for c in data.classes)
    assert data.classes == tuple(sorted(data.classes))


def test_layout_is_left_out_and_words_stay() -> None:
    text = "Title\n*****\n\n   x = a**b  # “so” – thus\n+----+\n"
    assert plain(text) == 'Title\n\n\n x = a**b # "so" - thus\n++\n'
