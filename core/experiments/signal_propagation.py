"""Signal propagation: variance of a signal through many equal layers, and of its gradient back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from core.activations import find
from core.activations.activation import Activation
from core.activations.properties import SATURATED_SLOPE, properties
from core.lazy import LazyModule
from core.options import Option
from core.settings import check_settings
from core.tables import csv_text
from core.torch_devices import threads

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from core.models import initialisation
else:
    torch = LazyModule("torch")
    initialisation = LazyModule("core.models.initialisation")

MAX_LAYERS, MAX_WIDTH, SAMPLES = 100, 512, 128
MIN_GAIN, MAX_GAIN, MAX_BIAS = 0.1, 20.0, 2.0
SEARCHED_GAIN = 10.0  # a critical gain is searched up to here
BINS = 61  # odd, so that 0 is in the middle of one
MAX_MOMENT = 1e100  # limit of the theory for unbounded functions
VANISHES, PRESERVED, EXPLODES = "vanishes", "is preserved", "explodes"
MIN_PRESERVED, MAX_PRESERVED = 0.01, 100.0  # a gradient that ends between these is no trouble to train with
UNBOUNDED = 4.0  # range of the histograms of an unbounded function

# Scale of the weights, times the square root of the width: sigma_w of mean-field theory.
_SIGMA = {
    "xavier": lambda width: 1.0,
    "he": lambda width: math.sqrt(2),
    "lecun": lambda width: 1.0,
    "orthogonal": lambda width: 1.0,
    "normal": lambda width: 0.05 * math.sqrt(width),
}
INITIALISATIONS = tuple(_SIGMA)


SETTINGS = {
    "activation": Option("a key of ACTIVATIONS, or an expression of x", kind=str),
    "parameters": Option("of the activation, by name", kind=dict),
    "layers": Option("how many", kind=int, min=1, max=MAX_LAYERS),
    "width": Option("units a layer", kind=int, min=2, max=MAX_WIDTH),
    "initialisation": Option("how weights are drawn", kind=str, choices=INITIALISATIONS),
    "gain": Option("factor of the weights", kind=float, min=MIN_GAIN, max=MAX_GAIN),
    "bias_std": Option("standard deviation of the biases", kind=float, min=0, max=MAX_BIAS),
    "seed": Option("of weights and inputs", kind=int, min=0, max=2**31),
}


@dataclass(frozen=True)
class DepthConfig:
    """A stack of equal layers x -> f(W x + b) with standard normal inputs.

    SETTINGS says what each field may be. Raises InvalidRequest for a value out of its range.
    """

    activation: str = "tanh"  # f: a key of ACTIVATIONS, or an expression of x
    parameters: Mapping[str, float] = field(default_factory=dict)  # of the activation
    layers: int = 50
    width: int = 256  # units of each layer, and inputs
    initialisation: str = "xavier"  # of W, a key of core.models.initialisation
    gain: float = 1.0  # multiplies W after its initialisation
    bias_std: float = 0.0  # b is normal with this standard deviation
    seed: int = 0

    def __post_init__(self) -> None:
        check_settings(SETTINGS, self)
        self.function.with_defaults(self.parameters)

    @property
    def function(self) -> Activation:
        """The registry's entry, or the typed expression."""
        return find(self.activation)

    @property
    def sigma_w(self) -> float:
        """Standard deviation of the weights times the square root of the width."""
        return self.gain * _SIGMA[self.initialisation](self.width)


@dataclass(frozen=True)
class Depth:
    """Measured statistics; arrays have one entry for each layer, the first layer first.

    From a layer that overflows, arrays are NaN; the gradient, which cannot be computed then, is NaN
    throughout.
    """

    mean: np.ndarray  # of the activations f(z), over samples and units
    variance: np.ndarray  # likewise
    second_moment: np.ndarray  # of the pre-activations z
    gradient: np.ndarray  # root mean square of the gradient by z; that by the last outputs is standard normal
    dead: np.ndarray  # fraction of the slopes f'(z) that are 0
    saturated: np.ndarray  # fraction of the slopes that are under SATURATED_SLOPE in size
    histogram: np.ndarray  # (layers, BINS), fraction of the activations in each bin
    edges: np.ndarray  # (BINS + 1,); values beyond them are in the first and last bin
    overflows_at: int | None = None  # the first layer, from 1, that overflows float32

    @property
    def gradient_ratio(self) -> float:
        """Gradient at the first layer, relative to that at the last."""
        return float(self.gradient[0] / self.gradient[-1]) if self.gradient[-1] else 0.0

    @property
    def per_layer(self) -> float:
        """Factor of the gradient from one layer to the one before, on geometric average."""
        steps = max(len(self.gradient) - 1, 1)
        return float(self.gradient_ratio ** (1 / steps))

    @property
    def gradient_fate(self) -> str:
        """VANISHES, EXPLODES or PRESERVED, by the gradient's size at the first layer."""
        if self.gradient_ratio < MIN_PRESERVED:
            return VANISHES
        return EXPLODES if self.gradient_ratio > MAX_PRESERVED else PRESERVED


@dataclass(frozen=True)
class Prediction:
    """Mean-field theory of infinitely wide layers; arrays as in Depth.

    Source: Poole et al. 2016, Schoenholz et al. 2017.
    """

    second_moment: np.ndarray  # of the pre-activations
    variance: np.ndarray  # of the activations
    gradient: np.ndarray  # root mean square
    chi: float  # factor of the gradient's variance through the last layer; 1 is critical

    @property
    def phase(self) -> str:
        """ "ordered" where gradients vanish, "chaotic" where they explode, "critical" between."""
        return "critical" if abs(self.chi - 1) < 0.02 else "ordered" if self.chi < 1 else "chaotic"


def propagate(config: DepthConfig) -> Depth:
    """Propagate a signal forward and a gradient back, in float32; some tenths of a second at most.

    On one thread: the layers are small, and two that wait for each other at each of them take several times
    as long where other processes compute too.
    """
    with torch.no_grad(), threads(1):
        return _measured(config)


def _measured(config: DepthConfig) -> Depth:
    function, parameters = config.function, config.function.with_defaults(config.parameters)
    generator = torch.Generator().manual_seed(config.seed)
    low, high = _range(config)
    rows: list[tuple[object, ...]] = []
    weights, slopes = [], []
    x = torch.randn(SAMPLES, config.width, generator=generator)
    for weight, bias in _layers(config, generator):
        z = x @ weight.T + bias
        x, slope = function.function(z, **parameters), function.derivative(z, **parameters)
        if not (torch.isfinite(x).all() and torch.isfinite(slope).all()):
            break
        weights.append(weight)
        slopes.append(slope)
        rows.append(_row(z, x, slope, low, high))
    missing = config.layers - len(rows)
    gradient = [math.nan] * config.layers if missing else _backwards(weights, slopes, generator)
    overflows_at = len(rows) + 1 if missing else None
    rows += [(*[math.nan] * 5, [math.nan] * BINS)] * missing
    mean, variance, second_moment, dead, saturated, histogram = map(np.array, zip(*rows, strict=True))
    return Depth(
        mean=mean,
        variance=variance,
        second_moment=second_moment,
        gradient=np.array(gradient),
        dead=dead,
        saturated=saturated,
        histogram=histogram,
        edges=np.linspace(low, high, BINS + 1),
        overflows_at=overflows_at,
    )


def _layers(config: DepthConfig, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    fill = initialisation.INITIALISATIONS[config.initialisation].fill
    assert fill is not None
    for _ in range(config.layers):
        weight = torch.empty(config.width, config.width)
        fill(weight, generator)
        yield weight.mul_(config.gain), config.bias_std * torch.randn(config.width, generator=generator)


def _row(z: Tensor, x: Tensor, slope: Tensor, low: float, high: float) -> tuple[object, ...]:
    # float64 for the moments: squares of float32 numbers may overflow float32.
    wide = x.double()
    counts = torch.histc(x.clamp(low, high), BINS, low, high)
    return (
        wide.mean().item(),
        wide.var(correction=0).item(),
        z.double().square().mean().item(),
        (slope == 0).float().mean().item(),
        (slope.abs() < SATURATED_SLOPE).float().mean().item(),
        (counts / x.numel()).tolist(),
    )


def _backwards(weights: list[Tensor], slopes: list[Tensor], generator: torch.Generator) -> list[float]:
    """Root mean square of the gradient by each layer's pre-activations, the first layer first.

    The gradient is normalised after each layer and its size tracked separately, so that it can vanish or
    explode beyond the range of float32.
    """
    norms, size = [], 1.0
    delta = torch.randn(slopes[-1].shape, generator=generator)
    for layer in range(len(weights) - 1, -1, -1):
        delta = delta * slopes[layer]
        rms = delta.double().square().mean().sqrt().item()
        size *= rms
        norms.append(size)
        if rms == 0:
            return [0.0] * layer + norms[::-1]
        delta = (delta / rms) @ weights[layer]
    return norms[::-1]


def _range(config: DepthConfig) -> tuple[float, float]:
    """Range of the histograms: the function's bounds where they are known, at most ±UNBOUNDED."""
    found = properties(config.function, **config.function.with_defaults(config.parameters))
    low = -UNBOUNDED if found.lowest is None else max(found.lowest, -UNBOUNDED)
    high = UNBOUNDED if found.highest is None else min(found.highest, UNBOUNDED)
    return (low, high) if high - low > 1e-6 else (low - 1, high + 1)


@np.errstate(over="ignore", invalid="ignore")  # a typed function may have no moments at all
def predict(config: DepthConfig) -> Prediction:
    """Mean-field theory for the same stack."""
    function, parameters = config.function, config.function.with_defaults(config.parameters)
    z, weight = _normal()
    moments: list[float] = []
    variances: list[float] = []
    factors: list[float] = []
    q = config.sigma_w**2 + config.bias_std**2  # inputs are standard normal
    for layer in range(config.layers):
        if layer > 1 and abs(q - moments[-1]) <= 1e-9 * q:  # converged: all further layers are equal
            rest = config.layers - layer
            moments, variances, factors = (
                [*values, *values[-1:] * rest] for values in (moments, variances, factors)
            )
            break
        pre_activations = torch.from_numpy(math.sqrt(q) * z)
        with torch.no_grad():
            x = function.function(pre_activations, **parameters).numpy()
            slope = function.derivative(pre_activations, **parameters).numpy()
        moments.append(q)
        variances.append(float(weight @ x**2 - (weight @ x) ** 2))
        factors.append(float(weight @ slope**2))
        q = min(config.sigma_w**2 * float(weight @ x**2) + config.bias_std**2, MAX_MOMENT)
    chi = np.array(factors) * config.sigma_w**2
    # The last layer multiplies the standard normal gradient by its slopes, each layer before by its chi.
    logs = np.log(np.maximum(factors[-1], 1e-300)) + np.concatenate(
        [np.cumsum(np.log(np.maximum(chi[-2::-1], 1e-300)))[::-1], [0.0]]
    )
    return Prediction(
        second_moment=np.array(moments),
        variance=np.array(variances),
        gradient=np.exp(np.clip(logs / 2, -690, 690)),
        chi=float(chi[-1]),
    )


def critical_gain(config: DepthConfig) -> float | None:
    """The gain at which, in theory, the gradient neither vanishes nor explodes, to 1%; None without one.

    Found by bisection, as chi grows with the gain: 1 for tanh under Xavier, the square root of 2 for ReLU.
    """
    low, high = MIN_GAIN, SEARCHED_GAIN
    if not predict(replace(config, gain=low)).chi < 1 < predict(replace(config, gain=high)).chi:
        return None
    while high / low > 1.01:
        middle = math.sqrt(low * high)
        if predict(replace(config, gain=middle)).chi < 1:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)


def best_initialisation(config: DepthConfig) -> tuple[str, Depth | None]:
    """The initialisation that changes signal and gradient least, and its measurements.

    Without gain and bias. "normal", which suits one width by chance, is not compared. ("", None) where the
    gradient vanishes with all of them.
    """
    found = {
        name: propagate(replace(config, initialisation=name, gain=1.0, bias_std=0.0))
        for name in INITIALISATIONS
        if name != "normal"
    }
    alive = {name: depth for name, depth in found.items() if depth.gradient_ratio > 0}
    if not alive:
        return "", None
    best = min(alive, key=lambda name: _change(alive[name]))
    return best, alive[best]


def to_csv(configs: Sequence[DepthConfig], results: Sequence[tuple[Depth, Prediction]]) -> str:
    """As CSV, one line for each config and layer: measurements and theory."""
    columns = ("mean", "variance", "second_moment", "gradient", "dead", "saturated")
    rows = (
        [
            config.activation,
            layer + 1,
            *(getattr(found, column)[layer] for column in columns),
            theory.variance[layer],
            theory.gradient[layer],
        ]
        for config, (found, theory) in zip(configs, results, strict=True)
        for layer in range(config.layers)
    )
    return csv_text(["function", "layer", *columns, "variance in theory", "gradient in theory"], rows)


def _change(depth: Depth) -> float:
    """Logarithmic change of signal and gradient from end to end."""
    signal = 0.5 * math.log(max(depth.variance[-1], 1e-300) / max(depth.variance[0], 1e-300))
    return abs(signal) + abs(math.log(depth.gradient_ratio))


def _normal() -> tuple[np.ndarray, np.ndarray]:
    """Quadrature points from -9 to 9 and their weights, for expectations over a standard normal."""
    z = np.linspace(-9, 9, 2000)  # an even number, so that none is 0, where many functions have a kink
    density = np.exp(-0.5 * z**2)
    return z, density / density.sum()
