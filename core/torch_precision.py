"""How torch computes float32 products: truly, or rounded to TF32 or bfloat16. Importing it is cheap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

IEEE, TF32 = "ieee", "tf32"

# torch keeps these settings in a tree: one for everything, one for each library below it, one for each
# operation below that. A setting of "none" follows the one above it.
_ROOT = ("generic", "all")
_OPERATIONS = ("matmul", "conv", "rnn")
_LIBRARIES = ("cuda", "mkldnn")
_PRODUCTS = tuple((library, "matmul") for library in _LIBRARIES)
_OWN = "none"

_Node = tuple[str, str]


@contextmanager
def true_float32() -> Iterator[None]:
    """float32 products, convolutions and recurrent layers are computed in float32, not TF32 or bfloat16.

    Every setting is as before afterwards, whichever of torch's two ways (allow_tf32 and
    set_float32_matmul_precision, or fp32_precision) the calling program has used.
    """
    with ExitStack() as undo:
        _legacy(IEEE, undo)
        _set_below(_ROOT, IEEE, undo)
        yield


@contextmanager
def float32_of(dtype: str, device: str) -> Iterator[None]:
    """On an NVIDIA GPU: TF32 products when the format "tf32" is asked for; else nothing changes.

    Inside true_float32(). Set it once around many calls: switching costs as much as a small call.
    """
    with ExitStack() as undo:
        if dtype == TF32 and torch.device(device).type == "cuda":
            _legacy(TF32, undo)
            _set_below(("cuda", "all"), TF32, undo)
        yield


def settings() -> dict[str, Any]:
    """What changes the speed or the sums of a GPU's products, as the calling program has left it."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    names = (
        "allow_fp16_reduced_precision_reduction",
        "allow_bf16_reduced_precision_reduction",
        "allow_fp16_accumulation",
    )
    return {
        "cudnn_enabled": cudnn.enabled,
        "cudnn_benchmark": cudnn.benchmark,
        "cudnn_deterministic": cudnn.deterministic,
        **{name: getattr(matmul, name) for name in names if hasattr(matmul, name)},
    }


def _has_tree() -> bool:
    return hasattr(torch._C, "_set_fp32_precision_setter")


def _get(node: _Node) -> str:
    """The precision that holds for a node: its own, or the one above it."""
    return str(torch._C._get_fp32_precision_getter(*node))


def _set(node: _Node, precision: str) -> None:
    torch._C._set_fp32_precision_setter(*node, precision)


def _above(node: _Node) -> tuple[_Node, ...]:
    if node == _ROOT:
        return ()
    return (_ROOT,) if node[1] == "all" else (_ROOT, (node[0], "all"))


def _own(node: _Node) -> str:
    """A node's own precision, "none" where it follows the one above."""
    with ExitStack() as undo:
        # With nothing above, what holds is the node's own.
        for each in _above(node):
            undo.callback(_set, each, _get(each))
            _set(each, _OWN)
        return _get(node)


def _set_below(top: _Node, precision: str, undo: ExitStack) -> None:
    """Give a node and all below it a precision.

    From the top down, and only where it does not hold yet: cuDNN's convolutions begin with a default that
    cannot be set again, and follow the node above as long as nobody writes to them.
    """
    if not _has_tree():
        undo.callback(setattr, torch.backends.cudnn, "allow_tf32", torch.backends.cudnn.allow_tf32)
        torch.backends.cudnn.allow_tf32 = precision == TF32
        return
    below = [(library, "all") for library in _LIBRARIES] if top == _ROOT else []
    libraries = _LIBRARIES if top == _ROOT else (top[0],)
    leaves = [(library, operation) for library in libraries for operation in _OPERATIONS]
    for node in (top, *below, *leaves):
        if _get(node) != precision:
            undo.callback(_set, node, _own(node))
            _set(node, precision)


def _legacy(precision: str, undo: ExitStack) -> None:
    """The same for products in torch's older settings, so that both say the same.

    Where they contradict each other already, torch refuses to read the older ones, and they are left alone.
    """
    try:
        before = torch.get_float32_matmul_precision()
    except RuntimeError:
        return
    wanted = "highest" if precision == IEEE else "high"
    if before == wanted or (precision == TF32 and before != "highest"):
        return
    if _has_tree():  # the older setting writes these too
        for node in _PRODUCTS:
            undo.callback(_set, node, _own(node))
    undo.callback(torch.set_float32_matmul_precision, before)
    if precision == IEEE:
        torch.set_float32_matmul_precision(wanted)
    else:
        torch.backends.cuda.matmul.allow_tf32 = True
