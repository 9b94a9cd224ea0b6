"""Settings as text, `key=value`: the one way in which a command line reaches every field and every option."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.options import Option, Value
from core.training.config import TrainConfig

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_FIELDS = {field.name: str(field.type) for field in fields(TrainConfig)}
_NOT_SET = ("model", "data", "model_options", "data_options")


def from_texts(model: str, data: str, texts: Iterable[str]) -> dict[str, Any]:
    """Overrides for default_config() out of texts such as "learning_rate=0.1" or "depth=3".

    A key is a field of TrainConfig, or else an option of the network or of the data.
    Raises InvalidRequest for a text without "=", for an unknown key and for a value of the wrong kind.
    """
    found: dict[str, Any] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not key:
            raise InvalidRequest(f"--set {text!r} is not possible; write key=value, such as epochs=5.")
        _put(found, model, data, key.replace("-", "_"), value)
    return found


def _put(found: dict[str, Any], model: str, data: str, key: str, text: str) -> None:
    of_model, of_data = MODELS[model].options, DATASETS[data].options
    if key in _FIELDS and key not in _NOT_SET:
        found[key] = _field_value(key, text)
    elif key in of_model:
        found.setdefault("model_options", {})[key] = _option_value(key, of_model[key], text)
    elif key in of_data:
        found.setdefault("data_options", {})[key] = _option_value(key, of_data[key], text)
    else:
        known = ", ".join(_keys(of_model, of_data))
        raise InvalidRequest(f"Unknown setting {key!r} of {model} on {data}; choose from {known}.")


def _keys(*options: Mapping[str, Option]) -> list[str]:
    return [name for name in _FIELDS if name not in _NOT_SET] + [name for names in options for name in names]


def _field_value(key: str, text: str) -> Any:
    kind = _FIELDS[key]
    if kind.startswith("tuple[str"):  # here none is a choice of its own, other than the usual ones
        parts = () if text.lower() == "none" else text.split(",")
        return None if text.lower() == "usual" else tuple(part.strip() for part in parts if part.strip())
    if "None" in kind and text.lower() in ("none", ""):
        return None
    if kind.startswith("tuple"):
        return tuple(_number(key, int, part) for part in text.split(",") if part.strip())
    if kind.startswith("bool"):
        return _truth(key, text)
    if kind.startswith("int"):
        return _number(key, int, text)
    return _number(key, float, text) if kind.startswith("float") else text


def _option_value(key: str, option: Option, text: str) -> Value:
    if isinstance(option.default, bool):
        return _truth(key, text)
    return text if isinstance(option.default, str) else _number(key, type(option.default), text)


def _truth(key: str, text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise InvalidRequest(f"{key} {text!r} is not possible; it must be true or false.")
    return _TRUTHS[text.lower()]


def _number(key: str, kind: type[int] | type[float], text: str) -> int | float:
    try:
        return kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise InvalidRequest(f"{key} {text!r} is not possible; it must be {what}.") from None
