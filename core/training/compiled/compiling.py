"""How functions of this room become machine code, and when what was compiled before is compiled anew.

Numba keeps machine code on disk beside a stamp of the one file in which the function stands. A kernel is made
of functions of several files, so an edit of one of them would leave the others' old machine code in use. Here
the stamp is the content of every file of the room: whatever is edited, nothing old is ever loaded, and a file
that is only written again (a fresh checkout, an installation) costs no compilation.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import config
from numba.core.ccallback import CFunc

from core.paths import data_folder

# Sums may be reordered and products contracted, so that they run as vectors. Infinities and NaN keep their
# meaning: a diverging training is known by them.
_MATH = {"reassoc", "contract", "arcp", "nsz"}


def compiled(function: Any = None, **options: Any) -> Any:
    """A function of scalars and arrays as machine code, kept on disk; as a decorator, with Numba's options.

    It gives up Python's lock while it runs, and divides by 0 without an exception.
    """
    if function is None:
        return lambda function: compiled(function, **options)
    settings: dict[str, Any] = {"fastmath": _MATH, "nogil": True, "error_model": "numpy"} | options
    try:
        kept = njit(cache=True, **settings)(function)
    except RuntimeError:  # Numba can write to none of its folders
        os.environ["NUMBA_CACHE_DIR"] = str(data_folder() / "compiled")
        config.reload_config()
        kept = njit(cache=True, **settings)(function)
    return stamped(kept)


def inlined(function: Any) -> Any:
    """A function that is always compiled into its caller: of simd.py's vectors, which calls would spill.

    Its arithmetic is never reordered, since rounding is what some of it is about.
    """
    return njit(nogil=True, error_model="numpy", forceinline=True, fastmath={"contract", "nsz"})(function)


def stamped(dispatcher: Any) -> Any:
    """A function of Numba's whose machine code on disk is that of these files and no others."""
    dispatcher._cache._cache_file._source_stamp = room_stamp()
    return dispatcher


def address_of(function: Any, signature: Any) -> int:
    """Where the machine code of a function of numbers and pointers begins; kept on disk like the others.

    Who calls it by its address is compiled without it.
    """
    kept = CFunc(function, (signature.args, signature.return_type), {}, {"error_model": "numpy"})
    kept.enable_caching()
    stamped(kept).compile()
    assert kept.address is not None
    return int(kept.address)


@cache
def room_stamp() -> str:
    """A digest of all source files of this room."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
