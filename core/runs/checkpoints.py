"""Checkpoint files: a state written so that nobody reads half of it, and read so that it runs no code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from core.errors import InvalidRequest
from core.paths import replace_file


def write(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state; whoever reads the file sees the old one or the new one, never a part.

    Raises OSError where the disk takes no more.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            torch.save(dict(state), stream)
        replace_file(beside, path)
    except RuntimeError as error:  # what PyTorch makes of a stream that failed
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise
    finally:
        beside.unlink(missing_ok=True)


def read(path: Path) -> dict[str, Any]:
    """The state in a file, on the CPU. Raises InvalidRequest when there is none that can be read."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InvalidRequest(f"There is no checkpoint {path}.") from None
    except Exception as error:  # torch tells a broken file by many types
        raise InvalidRequest(
            f"{path} is not a checkpoint that can be read: {type(error).__name__}."
        ) from error
