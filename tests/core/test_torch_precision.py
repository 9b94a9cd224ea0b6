"""float32 products are what was asked for inside, and every setting is as before after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import torch_precision
from core.torch_precision import float32_of, true_float32

LEAVES = [(library, each) for library in ("cuda", "mkldnn") for each in ("matmul", "conv", "rnn")]
NODES = [("generic", "all"), ("cuda", "all"), ("mkldnn", "all"), *LEAVES]
get, put = torch._C._get_fp32_precision_getter, torch._C._set_fp32_precision_setter

# What a calling program may have done before: one of torch's two ways, or both.
OLD = {
    "highest": lambda: torch.set_float32_matmul_precision("highest"),
    "high": lambda: torch.set_float32_matmul_precision("high"),
    "medium": lambda: torch.set_float32_matmul_precision("medium"),
    "allow_tf32": lambda: setattr(torch.backends.cuda.matmul, "allow_tf32", True),
    "cudnn": lambda: setattr(torch.backends.cudnn, "allow_tf32", False),
}
NEW = [(*node, value) for node in NODES for value in ("ieee", "tf32", "none")]
STEPS = st.lists(st.sampled_from([*OLD, *NEW]), max_size=4)


def read(ask: Any) -> Any:
    """A setting, or that torch refuses to read it."""
    try:
        return ask()
    except RuntimeError:
        return "refused"


def state() -> dict[str, Any]:
    """All settings that can be read: what holds, and what would hold if the one above everything changed."""
    found: dict[str, Any] = {f"{library} {each}": get(library, each) for library, each in NODES}
    root = get("generic", "all")
    for above in ("ieee", "tf32", "none"):
        put("generic", "all", above)
        found |= {f"{library} {each} under {above}": get(library, each) for library, each in NODES}
    put("generic", "all", root)
    found["matmul"] = read(torch.get_float32_matmul_precision)
    found["cublas"] = read(lambda: torch.backends.cuda.matmul.allow_tf32)
    found["cudnn"] = read(lambda: torch.backends.cudnn.allow_tf32)
    return found


def restore() -> None:
    """torch as it begins, as far as it can be set."""
    for node in NODES:
        put(*node, "none")
    torch.backends.cudnn.allow_tf32 = True
    torch.set_float32_matmul_precision("highest")
    for node in (("cuda", "matmul"), ("mkldnn", "matmul")):
        put(*node, "none")


@pytest.fixture(autouse=True)
def as_torch_begins() -> Iterator[None]:
    yield
    restore()


@given(STEPS)
@hypothesis_settings(max_examples=150, deadline=None)
def test_float32_is_true_inside_and_everything_is_as_before_after(steps: list[Any]) -> None:
    restore()
    for step in steps:
        OLD[step]() if isinstance(step, str) else put(*step)
    before = state()
    with true_float32():
        assert {get(*leaf) for leaf in LEAVES} == {"ieee"}
        with float32_of("tf32", "cuda:0"):
            assert {get("cuda", each) for each in ("matmul", "conv", "rnn")} == {"tf32"}
            assert {get("mkldnn", each) for each in ("matmul", "conv", "rnn")} == {"ieee"}
        with float32_of("float32", "cuda:0"), float32_of("tf32", "cpu"):
            assert {get(*leaf) for leaf in LEAVES} == {"ieee"}
        assert {get(*leaf) for leaf in LEAVES} == {"ieee"}
    assert state() == before


def test_the_older_settings_say_the_same_inside_and_come_back_after_an_error() -> None:
    torch.set_float32_matmul_precision("medium")

    def fail() -> None:
        assert torch.get_float32_matmul_precision() == "highest"
        with float32_of("tf32", "cuda:0"):
            assert torch.backends.cuda.matmul.allow_tf32
        assert not torch.backends.cuda.matmul.allow_tf32
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), true_float32():
        fail()
    assert torch.get_float32_matmul_precision() == "medium"


def test_without_the_newer_settings_the_older_ones_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_precision, "_has_tree", lambda: False)
    torch.set_float32_matmul_precision("medium")
    with true_float32():
        assert torch.get_float32_matmul_precision() == "highest"
        assert not torch.backends.cudnn.allow_tf32
        with float32_of("tf32", "cuda:0"):
            assert torch.backends.cuda.matmul.allow_tf32
            assert torch.backends.cudnn.allow_tf32
    assert torch.get_float32_matmul_precision() == "medium"
    assert torch.backends.cudnn.allow_tf32


def test_what_changes_a_gpus_products_is_recorded() -> None:
    found = torch_precision.settings()
    assert found["cudnn_benchmark"] is torch.backends.cudnn.benchmark
    assert found["allow_bf16_reduced_precision_reduction"] is True
    assert found["allow_fp16_accumulation"] is False
