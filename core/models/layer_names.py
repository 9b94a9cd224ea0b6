"""What the layers of a network are called wherever people read of them.

The names follow from where PyTorch has the modules: "layers.0" is "Layer 1", "blocks.2.conv1" is "Block 3,
convolution 1". Pages, charts, tables and files all have them from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

OUTPUT = "output"
# What one of a list of modules is called.
LISTS = {
    "blocks": "block",
    "convolutions": "convolution",
    "hidden": "hidden layer",
    "norms": "normalization",
    "pools": "pooling",
}
# Parts of a path that stand for something else than what they say.
WORDS = {"conv": "convolution", "norm": "normalization", "pool": "pooling", "linear": "fully connected"}
# Of functions that are called between modules; all others are "functions".
FUNCTIONS = {
    "add": "addition",
    "max_pool2d": "pooling",
    "relu": "activation",
    "scaled_dot_product_attention": "weighted sum",
}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
# One of "layers" is called after its class, by how that begins.
KINDS = {
    "Conv": "convolution",
    "MaxPool": "pooling",
    "AvgPool": "pooling",
    "AdaptiveAvgPool": "pooling",
    "BatchNorm": "normalization",
    "LayerNorm": "normalization",
    "Dropout": "dropout",
}


def layer_names(modules: Iterable[tuple[str, str]]) -> list[str]:
    """Names of modules, given as (path, class) in the order of the forward pass.

    Of the modules in a list "layers" each kind is counted for itself; the last one is the output where no
    other fully connected layer comes after it. A class may be that of a module or of a function.
    """
    listed = [*modules]
    numbers = _numbers(listed)
    return [_name(path, kind, numbers) for path, kind in listed]


def weight_name(parameter: str, module: str) -> str:
    """The name of one of a module's own weights, by its name there and that of the module, "" for none."""
    recurrent = re.fullmatch(r"weight_(ih|hh)_l(\d+)(_reverse)?", parameter)
    if recurrent:
        what = "input" if recurrent[1] == "ih" else "state"
        return f"Layer {int(recurrent[2]) + 1}, {what}" + (", backwards" if recurrent[3] else "")
    if parameter == "weight":
        return module
    return f"{module}, {parameter}" if module else parameter.capitalize()


# By the path of a list of "layers" and an index in it and a kind: what it is called there.
_Numbers = dict[tuple[str, str, str], str]


def _numbers(modules: Sequence[tuple[str, str]]) -> _Numbers:
    numbers: _Numbers = {}
    counts: dict[tuple[str, str], int] = {}
    last: dict[str, tuple[str, str, str]] = {}  # by what is before "layers", where it may be the output
    for path, kind in modules:
        place = _place(path, kind)
        if place is None and kind.startswith("Linear"):
            last = {around: there for around, there in last.items() if not path.startswith(around)}
        if place is None or place in numbers:
            continue
        around, _, noun = place
        counts[around, noun] = counts.get((around, noun), 0) + 1
        numbers[place] = f"{noun} {counts[around, noun]}"
        if noun == "layer":
            last[around] = place
    return numbers | dict.fromkeys(last.values(), OUTPUT)


def _place(path: str, kind: str) -> tuple[str, str, str] | None:
    """Where a module of a list "layers" is: what comes before in the path, its index, and its noun."""
    found = re.match(r"(.*?)\blayers\.(\d+)", path)
    return None if found is None else (found[1], found[2], _noun(kind))


def _noun(kind: str) -> str:
    return next((noun for begin, noun in KINDS.items() if kind.startswith(begin)), "layer")


def _name(path: str, kind: str, numbers: _Numbers) -> str:
    parts, words = path.split("."), list[str]()
    while parts:
        part = parts.pop(0)
        index = parts[0] if parts and parts[0].isdigit() else None
        if index is None:
            is_function = not parts and part == kind.split(",")[0]
            words.append(FUNCTIONS.get(part, "functions") if is_function else _word(part, kind))
            continue
        parts.pop(0)
        if part == "layers":
            words.append(numbers[_place(path, kind) or ("", "", "")])
            parts = parts[1:] if parts and parts[0].isdigit() else parts  # within a sequence of its own
        else:
            words.append(f"{LISTS.get(part, part)} {int(index) + 1}")
    if len(words) > 1 and words[-1] == WORDS["linear"]:
        words.pop()  # all that there is in a layer
    # What is in a part of a block belongs to that part: "Block 1, attention output".
    shown = words if len(words) < 3 else [words[0], " ".join(words[1:])]
    text = ", ".join(shown)
    return text[:1].upper() + text[1:]


def _word(part: str, kind: str) -> str:
    if part in ORDINALS and _noun(kind) != "layer":  # which may be one of "layers" too
        return f"{_noun(kind)} {ORDINALS[part]}"
    if part.isdigit():
        return f"{_noun(kind)} {int(part) + 1}"
    found = re.fullmatch(r"([a-z]+)(\d+)", part)
    if found and found[1] in WORDS:
        return f"{WORDS[found[1]]} {found[2]}"
    return WORDS.get(part, part.replace("_", " "))
