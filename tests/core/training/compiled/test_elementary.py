"""Vectors compute what NumPy computes, within the bounds that elementary.py states, on each kind of CPU."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special

from core.training.compiled import elementary, simd
from core.training.compiled.compiling import compiled, room_stamp

ROOT = Path(__file__).parents[4]


def over_arrays(function: Any) -> Callable[[np.ndarray], np.ndarray]:
    """A function of a vector as one of an array, whose length is no multiple of a vector's."""

    @compiled
    def loop(x, out):  # type: ignore[no-untyped-def]
        for start in range(0, x.shape[0], simd.LANES):
            count = min(simd.LANES, x.shape[0] - start)
            simd.store_some(out, start, function(simd.load_some(x, start, count)), count)

    def of_array(x: np.ndarray) -> np.ndarray:
        out = np.empty_like(x)
        loop(x, out)
        return out

    return of_array


def near_and_far(low: float, high: float) -> np.ndarray:
    """Numbers of all sizes between two bounds, and evenly spread ones."""
    small = np.geomspace(1e-30, max(abs(low), abs(high)), 20_000)
    every = np.concatenate([np.linspace(low, high, 40_001), small, -small])
    return np.float32(every[(every >= low) & (every <= high)])


# name: (the truth in float64, from, to, relative bound, absolute bound)
BOUNDS: dict[str, tuple[Any, float, float, float, float]] = {
    "exp": (np.exp, -86.6, 88.7, 2e-7, 0),
    "expm1": (np.expm1, -86.6, 88.7, 3e-7, 1e-37),
    "log": (np.log, 1e-37, 3e38, 2e-7, 2e-7),
    "log1p": (np.log1p, -0.99999, 1e30, 3e-7, 1e-37),
    "softplus": (lambda x: np.logaddexp(0, x), -86.6, 1e4, 5e-7, 0),
    "sigmoid": (special.expit, -86.6, 100, 3e-7, 0),
    "tanh": (np.tanh, -1e4, 1e4, 3e-7, 1e-37),
    "sinh": (np.sinh, -88, 88, 5e-7, 1e-37),
    "cosh": (np.cosh, -88, 88, 5e-7, 0),
    "erf": (special.erf, -100, 100, 4e-7, 1e-37),
    "normal_cdf": (special.ndtr, -100, 100, 0, 2e-7),
    "sine": (np.sin, -1e5, 1e5, 0, 2e-7),
    "cosine": (np.cos, -1e5, 1e5, 0, 2e-7),
    "arctan": (np.arctan, -1e30, 1e30, 3e-7, 1e-37),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_functions_are_within_their_stated_bounds_and_keep_nan(name: str) -> None:
    truth, low, high, relative, absolute = BOUNDS[name]
    x = near_and_far(low, high)
    of_array = over_arrays(getattr(elementary, name))
    np.testing.assert_allclose(of_array(x), truth(x.astype(float)), relative, absolute)
    assert np.isnan(of_array(np.full(5, np.nan, np.float32))).all()


@pytest.mark.parametrize(
    ("name", "x", "limit"),
    [
        ("exp", np.inf, np.inf),
        ("exp", -np.inf, 0),
        ("log", 0, -np.inf),
        ("log", np.inf, np.inf),
        ("log", -1, np.nan),
        ("log1p", -1, -np.inf),
        ("log1p", np.inf, np.inf),
        ("softplus", np.inf, np.inf),
        ("sigmoid", -np.inf, 0),
        ("tanh", np.inf, 1),
        ("expm1", -np.inf, -1),
        ("arctan", -np.inf, -np.pi / 2),
    ],
)
def test_functions_have_their_limits(name: str, x: float, limit: float) -> None:
    assert over_arrays(getattr(elementary, name))(np.float32([x]))[0] == pytest.approx(limit, nan_ok=True)


@compiled
def _reductions(x, out):  # type: ignore[no-untyped-def]
    v = simd.load(x, 0)
    out[0], out[1] = simd.hsum(v), simd.hmax(v)
    simd.store(out, 2, simd.minimum(v, 0.5) + simd.maximum(v, np.float32(0.5)) * 10)


def test_lanes_are_summed_compared_and_never_lose_a_nan() -> None:
    x = np.random.default_rng(0).standard_normal(simd.LANES).astype(np.float32)
    out = np.empty(2 + simd.LANES, np.float32)
    _reductions(x, out)
    assert out[0] == pytest.approx(x.sum(dtype=float), abs=1e-5)
    assert out[1] == x.max()
    np.testing.assert_allclose(out[2:], np.minimum(x, 0.5) + 10 * np.maximum(x, 0.5), 1e-6)
    for lane in range(simd.LANES):
        broken = x.copy()
        broken[lane] = np.nan
        _reductions(broken, out)
        assert np.isnan(out[[0, 1, 2 + lane]]).all()


@pytest.mark.parametrize(
    ("architecture", "name", "features", "lanes"),
    [
        ("x86_64", "haswell", "", 8),
        ("x86_64", "sapphirerapids", "", 16),
        ("x86_64", "sapphirerapids", "+avx2,-avx512f", 8),
        ("x86_64", "generic", "+avx512f", 16),
        ("aarch64", "apple-m1", "+neon", 4),
        ("arm64", "apple-m1", "", 4),
    ],
)
def test_vectors_are_as_wide_as_the_cpu_is(architecture: str, name: str, features: str, lanes: int) -> None:
    assert simd.lanes_of(architecture, name, features) == lanes


def test_an_edit_of_any_file_of_the_room_makes_all_machine_code_stale(tmp_path: Path) -> None:
    # A copy of the room's stamping beside two files: outer calls inner, and only inner is edited.
    room = tmp_path / "room"
    room.mkdir()
    stamping = ROOT / "core" / "training" / "compiled" / "compiling.py"
    (room / "compiling.py").write_text(stamping.read_text())
    (room / "outer.py").write_text(
        "from compiling import compiled\nfrom inner import inner\n\n\n"
        "@compiled\ndef outer(x):\n    return inner(x) + 1.0\n"
    )

    def result_with(factor: int) -> str:
        (room / "inner.py").write_text(
            f"from compiling import compiled\n\n\n@compiled\ndef inner(x):\n    return x * {factor}.0\n"
        )
        program = "from outer import outer; print(outer(1.0), sum(outer.stats.cache_hits.values()))"
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        return subprocess.run(
            [sys.executable, "-c", program],
            cwd=room,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    assert result_with(2) == "3.0 0"
    assert result_with(2) == "3.0 1"
    assert result_with(5) == "6.0 0"


def test_the_stamp_is_of_the_files_content() -> None:
    assert room_stamp() == room_stamp()
    assert len(room_stamp()) == 64
