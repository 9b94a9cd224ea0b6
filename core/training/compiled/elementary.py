"""Elementary functions of vectors of float32 (simd.py), each with its error bound.

    exp, expm1, log, log1p, softplus, sigmoid, tanh, sinh, cosh, erf, normal_cdf,
    sine, cosine, tangent, arctan, reciprocal_root

Bounds are relative unless they say absolute, of float32 results, and hold wherever the true value is a normal
float32; what is smaller may become 0. NaN stays NaN in all of them. Polynomials are minimax fits of our own
by iteratively reweighted least squares; the tests measure each bound.
"""

from __future__ import annotations

import numpy as np

from core.training.compiled import simd
from core.training.compiled.compiling import inlined
from core.training.compiled.simd import (
    absolute,
    bits,
    either,
    fma,
    from_bits,
    less,
    less_equal,
    maximum,
    minimum,
    select,
    shift_left,
    sqrt,
)

_f32 = np.float32
# Added to a number below 2^22 it leaves that number, rounded to a whole one, in its own last bits.
_ROUNDER = _f32(12582912.0)
_ROUNDER_BITS = 0x4B400000
_LOG2_E = _f32(1.4426950408889634)
# ln 2 and pi / 2 in parts: the first has so few digits that a multiple of it is exact.
_LN2_HIGH, _LN2_LOW = _f32(0.693359375), _f32(-2.12194440e-4)
_HALF_PI_HIGH, _HALF_PI_MIDDLE, _HALF_PI_LOW = _f32(1.57079637), _f32(-4.37113883e-8), _f32(-1.71512489e-15)
_TWO_OVER_PI = _f32(0.6366197723675814)
_INFINITY = _f32(np.inf)


@inlined
def _power_of_two(rounded):
    """2 to the n from n + _ROUNDER, for n from -126 to 127."""
    return from_bits(shift_left(simd.add_int(bits(rounded), 127 - _ROUNDER_BITS), 23))


@inlined
def _reduced(x):
    """n + _ROUNDER and r with x = n ln 2 + r and |r| <= ln 2 / 2."""
    rounded = fma(x, _LOG2_E, _ROUNDER)
    n = rounded - _ROUNDER
    return rounded, fma(n, -_LN2_LOW, fma(n, -_LN2_HIGH, x))


@inlined
def _exp_less_one(r):
    """e to the r, less 1, for |r| <= ln 2 / 2."""
    p = fma(r, _f32(0.00138145999), _f32(0.00836871564))
    p = fma(p, r, _f32(0.041668389))
    p = fma(p, r, _f32(0.166665211))
    p = fma(p, r, _f32(0.49999994))
    return fma(p, r * r, r)


@inlined
def exp(x):
    """e to the x, within 2e-7; infinite from 88.73 on, 0 below -86.6."""
    rounded, r = _reduced(minimum(maximum(x, _f32(-86.64)), _f32(88.8)))
    # Half of 2 to the n, twice: 2 to the 128 is no float32, though 2 to the 128 times 0.7 is one.
    value = fma(_exp_less_one(r), _f32(2.0), _f32(2.0)) * _power_of_two(rounded - _f32(1.0))
    return select(less(x, _f32(-86.64)), _f32(0.0), value)


@inlined
def expm1(x):
    """e to the x, less 1, within 3e-7 also where x is near 0."""
    rounded, r = _reduced(minimum(maximum(x, _f32(-86.64)), _f32(88.8)))
    half = _power_of_two(rounded - _f32(1.0))
    return (fma(_exp_less_one(r), half, half - _f32(0.5))) * _f32(2.0)


@inlined
def log(x):
    """The natural logarithm, within 2e-7 (absolute 2e-7 near 1); -infinity at 0, NaN below."""
    # The exponent such that the rest lies between sqrt(1/2) and sqrt(2).
    n = simd.shift_right_signed(simd.add_int(bits(x), -0x3F3504F3), 23)
    m = from_bits(simd.add_int(bits(x), simd.mul_int(n, -0x800000)))
    f, e = m - _f32(1.0), simd.to_float(n)
    p = fma(f, _f32(-0.0785954595), _f32(0.128816212))
    p = fma(p, f, _f32(-0.131287679))
    p = fma(p, f, _f32(0.14181197))
    p = fma(p, f, _f32(-0.166245535))
    p = fma(p, f, _f32(0.200022861))
    p = fma(p, f, _f32(-0.250008106))
    p = fma(p, f, _f32(0.333333164))
    square = f * f
    low = fma(p * f, square, e * _LN2_LOW)
    value = fma(e, _LN2_HIGH, f + fma(square, _f32(-0.5), low))
    value = select(less(x, _INFINITY), value, x)  # infinity and NaN are their own
    value = select(less(x, _f32(1.17549435e-38)), -_INFINITY, value)
    return select(less(x, _f32(0.0)), _f32(np.nan), value)


@inlined
def log1p(x):
    """log(1 + x) within 3e-7, also where x is near 0; -infinity at -1, NaN below."""
    u = x + _f32(1.0)
    # What was rounded off u, as far as it changes the logarithm.
    lost = (x - (u - _f32(1.0))) / u
    value = log(u) + lost
    return select(either(less(_f32(1e30), u), less_equal(u, _f32(0.0))), log(u), value)


@inlined
def _log1p_of_unit(e):
    """log(1 + e) for e from 0 to 1, within 2e-7, without a division."""
    p = fma(e, _f32(0.00523260655), _f32(-0.0295048822))
    p = fma(p, e, _f32(0.0782253593))
    p = fma(p, e, _f32(-0.136631951))
    p = fma(p, e, _f32(0.191059813))
    p = fma(p, e, _f32(-0.24842976))
    p = fma(p, e, _f32(0.333190948))
    p = fma(p, e, _f32(-0.499994934))
    p = fma(p, e, _f32(0.99999994))
    return p * e


@inlined
def softplus(x):
    """log(1 + e to the x) within 5e-7."""
    return maximum(x, _f32(0.0)) + _log1p_of_unit(exp(-absolute(x)))


@inlined
def sigmoid(x):
    """1 / (1 + e to the -x), within 3e-7."""
    return _f32(1.0) / (exp(-x) + _f32(1.0))


@inlined
def tanh_fraction(x):
    """Numerator and denominator of tanh(x): polynomials up to 9, where it is 1 to rounding."""
    x = minimum(maximum(x, _f32(-9.02)), _f32(9.02))
    q = x * x
    p = fma(q, _f32(1.331926261860915e-08), _f32(2.058363417072881e-05))
    p = fma(p, q, _f32(0.0034940445516274316))
    p = fma(p, q, _f32(0.13379726604809378))
    p = fma(p, q, _f32(0.9999999790832844)) * x
    d = fma(q, _f32(7.762101947414614e-07), _f32(0.0003283108679250844))
    d = fma(d, q, _f32(0.025871111976358035))
    d = fma(d, q, _f32(0.4671304186318786))
    return p, fma(d, q, _f32(1.0))


@inlined
def tanh(x):
    """The hyperbolic tangent, within 3e-7."""
    p, d = tanh_fraction(x)
    return p / d


@inlined
def _half_exp(x):
    """Half of e to the x, which is a float32 up to x = 89.4, where e to the x is none."""
    root = exp(x * _f32(0.5))
    return root * _f32(0.5) * root


@inlined
def sinh(x):
    """The hyperbolic sine, within 5e-7."""
    q = x * x
    p = fma(q, _f32(2.81695111e-06), _f32(0.000198361595))
    p = fma(p, q, _f32(0.0083333496))
    p = fma(p, q, _f32(0.166666672))
    near = fma(p * q, x, x)
    half = _half_exp(absolute(x))
    far = half - _f32(0.25) / half
    return select(less(absolute(x), _f32(1.0)), near, select(less(x, _f32(0.0)), -far, far))


@inlined
def cosh(x):
    """The hyperbolic cosine, within 5e-7."""
    half = _half_exp(absolute(x))
    return half + _f32(0.25) / half


@inlined
def erf(x):
    """The error function, within 4e-7: a fraction of two polynomials up to 4, where it is 1 to rounding."""
    x = minimum(maximum(x, _f32(-4.0)), _f32(4.0))
    q = x * x
    p = fma(q, _f32(1.986792478212387e-06), _f32(0.00028456471392095497))
    p = fma(p, q, _f32(0.003883290203051834))
    p = fma(p, q, _f32(0.053101580707500845))
    p = fma(p, q, _f32(0.19354380449014238))
    p = fma(p, q, _f32(1.1283791393945806)) * x
    d = fma(q, _f32(3.742021741147712e-05), _f32(0.0011855581195138515))
    d = fma(d, q, _f32(0.01520714376424029))
    d = fma(d, q, _f32(0.11534948089484054))
    d = fma(d, q, _f32(0.5048562869865856))
    return p / fma(d, q, _f32(1.0))


@inlined
def normal_cdf(x):
    """The probability that a standard normal number is below x, within 2e-7 absolute."""
    return fma(erf(x * _f32(0.7071067811865476)), _f32(0.5), _f32(0.5))


@inlined
def _quarter_turns(x):
    """n + _ROUNDER and r with x = n pi / 2 + r and |r| <= 0.79, up to |x| = 1e5; r is never beyond 0.8."""
    rounded = fma(x, _TWO_OVER_PI, _ROUNDER)
    n = rounded - _ROUNDER
    r = fma(n, -_HALF_PI_LOW, fma(n, -_HALF_PI_MIDDLE, fma(n, -_HALF_PI_HIGH, x)))
    return rounded, minimum(maximum(r, _f32(-0.8)), _f32(0.8))


@inlined
def _sine_near_zero(r, q):
    p = fma(q, _f32(-0.00019515284), _f32(0.00833216123))
    p = fma(p, q, _f32(-0.166666552))
    return fma(p * q, r, r)


@inlined
def _cosine_near_zero(q):
    p = fma(q, _f32(2.44331568e-05), _f32(-0.00138873164))
    p = fma(p, q, _f32(0.0416666456))
    return fma(p * q, q, fma(q, _f32(-0.5), _f32(1.0)))


@inlined
def _wave(quarters, r):
    """The sine of r and so many quarter turns."""
    q = r * r
    odd = shift_left(quarters, 31)  # the sign bit of every odd number of quarters
    value = select(
        less(from_bits(simd.or_int(odd, 0x3F800000)), _f32(0.0)), _cosine_near_zero(q), _sine_near_zero(r, q)
    )
    half_turns = simd.and_int(shift_left(quarters, 30), -0x80000000)
    return from_bits(simd.xor_int(bits(value), half_turns))


@inlined
def sine(x):
    """The sine, within 2e-7 absolute up to |x| = 1e5; beyond that between -1 and 1."""
    rounded, r = _quarter_turns(x)
    return _wave(bits(rounded), r)


@inlined
def cosine(x):
    """The cosine, within 2e-7 absolute up to |x| = 1e5; beyond that between -1 and 1."""
    rounded, r = _quarter_turns(x)
    return _wave(simd.add_int(bits(rounded), 1), r)


@inlined
def tangent(x):
    """The tangent, as sine over cosine."""
    return sine(x) / cosine(x)


@inlined
def arctan(x):
    """The inverse tangent, within 3e-7."""
    size = absolute(x)
    is_steep = less(_f32(1.0), size)
    t = select(is_steep, _f32(1.0) / size, size)
    q = t * t
    p = fma(q, _f32(0.00292068045), _f32(-0.0163678825))
    p = fma(p, q, _f32(0.0432117917))
    p = fma(p, q, _f32(-0.0755220875))
    p = fma(p, q, _f32(0.106660023))
    p = fma(p, q, _f32(-0.142110541))
    p = fma(p, q, _f32(0.199937731))
    p = fma(p, q, _f32(-0.333331525))
    p = fma(p * q, t, t)
    p = select(is_steep, _f32(1.5707963267948966) - p, p)
    return select(less(x, _f32(0.0)), -p, p)


@inlined
def reciprocal_root(x):
    """1 / sqrt(x), rounded twice."""
    return _f32(1.0) / sqrt(x)
