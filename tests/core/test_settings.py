"""A setting as text becomes a value of its type, or is refused with what is allowed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from core.options import Option
from core.settings import check_settings, from_texts

OPTIONS = {
    "epochs": Option("passes", kind=int, min=1, max=100),
    "rate": Option("step", kind=float, min=0, optional=True),
    "loss": Option("which", kind=str, choices={"plain": 1, "wide": 2}),
    "residual": Option("whether", True),
    "hidden": Option("units", kind=int, many=True, min=1),
    "sizes": Option("of products", kind=int, many=True, min=1, min_values=1, max_values=3, word="size"),
    "pair": Option("two ends", kind=float, many=True, min_values=2),
    "functions": Option("expressions", kind=str, many=True),
    "probes": Option("what to see", kind=str, many=True, optional=True, none_words=("default",)),
    "of_model": Option("by name", kind=dict),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("epochs=5", {"epochs": 5}),
        (" epochs = 5 ", {"epochs": 5}),
        ("rate=1e-3", {"rate": 0.001}),
        ("rate=none", {"rate": None}),
        ("rate=", {"rate": None}),
        ("loss=wide", {"loss": "wide"}),
        ("residual=no", {"residual": False}),
        ("residual=True", {"residual": True}),
        ("hidden=4,3", {"hidden": (4, 3)}),
        ("hidden=", {"hidden": ()}),
        ("hidden=none", {"hidden": ()}),
        ("functions=max(x, 0), x", {"functions": ("max(x, 0)", "x")}),
        ("probes=default", {"probes": None}),
        ("probes=none", {"probes": ()}),
    ],
)
def test_a_text_becomes_a_value_of_its_type(text: str, value: dict[str, Any]) -> None:
    assert from_texts(OPTIONS, [text]) == value


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("epochs", "epochs.*key=value"),
        ("=5", "=5.*key=value"),
        ("epochs=many", "epochs 'many'.*a whole number"),
        ("epochs=2.5", "epochs '2.5'"),
        ("rate=fast", "rate 'fast'.*a number"),
        ("residual=maybe", "residual 'maybe'"),
        ("hidden=8,x", "hidden 'x'"),
        ("speed=9", "'speed' of mlp; choose from epochs, rate"),
    ],
)
def test_what_is_no_such_value_is_refused(text: str, named: str) -> None:
    with pytest.raises(InvalidRequest, match=named):
        from_texts(OPTIONS, [text], of=" of mlp")


@dataclass(frozen=True)
class Config:
    """A config as any other."""

    epochs: Any = 5
    rate: Any = None
    loss: Any = "plain"
    residual: Any = True
    hidden: Any = (8, 8)
    sizes: Any = (1, 2)
    pair: Any = (0.0, 1.0)
    functions: Any = ()
    probes: Any = None
    of_model: Any = None

    def __post_init__(self) -> None:
        if self.of_model is None:
            object.__setattr__(self, "of_model", {})
        check_settings(OPTIONS, self)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("epochs", 101),
        ("epochs", 2.5),
        ("epochs", True),
        ("epochs", None),
        ("rate", -1),
        ("rate", float("nan")),
        ("rate", "fast"),
        ("loss", "other"),
        ("loss", None),
        ("loss", []),
        ("residual", 1),
        ("hidden", 8),
        ("hidden", [8]),
        ("hidden", (8, 0)),
        ("sizes", 8),
        ("sizes", ()),
        ("sizes", (1, 2, 3, 4)),
        ("pair", (1.0,)),
        ("functions", (1,)),
        ("of_model", "x"),
    ],
)
def test_what_the_table_does_not_allow_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequest, match=field):
        Config(**{field: value})


def test_a_value_of_a_list_is_refused_by_its_own_word() -> None:
    with pytest.raises(InvalidRequest, match=r"^size 0 is not possible.* of at least 1"):
        Config(sizes=(4, 0))


def test_what_the_table_allows_is_accepted() -> None:
    assert Config() == Config(**asdict(Config()))
    allowed = {"epochs": 1, "rate": 0, "loss": "wide", "hidden": (), "sizes": (1, 2, 3), "probes": ("a",)}
    assert asdict(Config(**allowed)) == asdict(Config()) | allowed
    assert Config(of_model={"depth": 3}).of_model == {"depth": 3}


@given(st.lists(st.text() | st.sampled_from(["epochs=", "hidden=,", "rate=-", "residual=1"])))
def test_any_texts_are_read_or_refused_in_a_sentence(texts: list[str]) -> None:
    refusal = None
    try:
        from_texts(OPTIONS, texts)
    except InvalidRequest as refused:
        refusal = str(refused)
    assert refusal is None or refusal.endswith(".")
