"""Compiling the training steps ahead: what there is to compile, and whether this machine has done it before.

Numba keeps the machine code beside the source files, or in the person's cache folder, or where
NUMBA_CACHE_DIR says; where none of these can be written, it is the data folder. Each kind of steps that has
been compiled leaves a stamp there. Its name changes with the versions of Python and Numba, the kind of
processor and the source files of this folder, so that a stamp says that nothing has to be compiled.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from core.events import Progress
from core.training.config import TrainConfig

# Each kind of steps that is compiled, and the networks that take it.
KINDS: dict[str, tuple[str, ...]] = {
    "mlp": ("mlp",),
    "cnn": ("lenet", "convnet", "alexnet", "vgg", "resnet"),
    "recurrent": ("rnn", "lstm", "gru"),
}

SENTENCE = "compiling training steps for this processor, once, up to half a minute"


def not_compiled(kinds: tuple[str, ...] = tuple(KINDS)) -> list[str]:
    """Those of these kinds that this machine has yet to compile; none where it cannot."""
    if not kinds:
        return []
    try:
        return [kind for kind in kinds if not _stamp(kind).exists()]
    except Exception:  # no compiler that works here; whoever takes the steps finds out why
        return []


def announced(config: TrainConfig) -> Iterator[Progress]:
    """Says that this training begins with compiling, where it does, before it does."""
    kinds = tuple(kind for kind, models in KINDS.items() if config.model in models)
    if config.engine != "eager" and config.device == "cpu" and not_compiled(kinds):
        yield Progress(0, config.epochs, "epochs", doing=SENTENCE)


def note_compiled(kind: str) -> None:
    """Leave the stamp of this kind, whose steps have just been compiled or loaded."""
    with contextlib.suppress(OSError):  # a full disk: the next training compiles, and says so, once more
        _stamp(kind).touch()


def _stamp(kind: str) -> Path:
    from core.training.compiled import kernels

    return Path(kernels.exp.stats.cache_path) / f"nablascope-{kind}-{_circumstances()}.compiled"


@cache
def _circumstances() -> str:
    """A digest of all that machine code is made for."""
    import numba
    from numba.core.registry import cpu_target

    from core.training.compiled.compiling import room_stamp

    processor = cpu_target.target_context.codegen().magic_tuple()
    made_for = (sys.version, numba.__version__, processor, room_stamp())
    return hashlib.sha256(repr(made_for).encode()).hexdigest()[:16]
