"""One time step of recurrent cells, forward and backward: RNN (tanh, ReLU), LSTM and GRU, in torch.nn's form.

All values stand in one flat float32 array, `work`, as rows of units: at a row's start plus `at` the samples
of one time step lie side by side, a whole number of vectors. z, h, cell, tanh_cell: where the first row of
each begins; a row is `stride` numbers long. Rows of z are a gate's units and then the next gate's: i f g o of
an LSTM, r z n of a GRU, which has a fourth block for U h + c of n, since r acts on that alone. On entry they
are the gates' sums, after forward() the gates, after backward() the loss's gradient by the sums.

`before`: where the step that was read before lies. Both directions leave what the next product needs dense in
`work` from `now` on: the new state, or the gradient by U's sums.
"""

from __future__ import annotations

from core.training.compiled.compiling import compiled, inlined
from core.training.compiled.elementary import tanh_fraction
from core.training.compiled.simd import LANES, fma, less, load, maximum, quotient, select, store, zero

RNN_TANH, RNN_RELU, LSTM, GRU = range(4)


@inlined
def _tanh(x):
    p, d = tanh_fraction(x)
    return quotient(p, d)


@inlined
def _sigmoid(x):
    return fma(_tanh(x * 0.5), 0.5, 0.5)


@compiled
def forward(kind, work, z, h, cell, tanh_cell, now, stride, units, lanes, at, before):
    """Gates and states of one step out of the sums in z."""
    gate = units * stride
    for unit in range(units):
        row = unit * stride
        for lane in range(0, lanes, LANES):
            here, past, dense = row + at + lane, row + before + lane, now + unit * lanes + lane
            if kind == LSTM:
                i, f = _sigmoid(load(work, z + here)), _sigmoid(load(work, z + gate + here))
                g, o = _tanh(load(work, z + 2 * gate + here)), _sigmoid(load(work, z + 3 * gate + here))
                c = fma(i, g, f * load(work, cell + past))
                t = _tanh(c)
                state = o * t
                store(work, z + here, i)
                store(work, z + gate + here, f)
                store(work, z + 2 * gate + here, g)
                store(work, z + 3 * gate + here, o)
                store(work, cell + here, c)
                store(work, tanh_cell + here, t)
            elif kind == GRU:
                r, u = _sigmoid(load(work, z + here)), _sigmoid(load(work, z + gate + here))
                n = _tanh(fma(r, load(work, z + 3 * gate + here), load(work, z + 2 * gate + here)))
                state = fma(u, load(work, h + past) - n, n)
                store(work, z + here, r)
                store(work, z + gate + here, u)
                store(work, z + 2 * gate + here, n)
            elif kind == RNN_TANH:
                state = _tanh(load(work, z + here))
            else:
                state = maximum(load(work, z + here), zero())
            store(work, h + here, state)
            store(work, dense, state)


@compiled
def backward(
    kind, work, z, h, cell, tanh_cell, dy, carried, carried_cell, now, stride, units, lanes, at, before
):
    """The gradient by the sums of one step.

    dy: rows of the gradient by this layer's outputs. carried, carried_cell: dense, the gradient by state and
    cell that comes back from the step that was read next; what the step before is to get is left there,
    without what goes through U.
    """
    gate, block = units * stride, units * lanes
    for unit in range(units):
        row = unit * stride
        for lane in range(0, lanes, LANES):
            here, past, dense = row + at + lane, row + before + lane, unit * lanes + lane
            d = load(work, carried + dense) + load(work, dy + here)
            if kind == LSTM:
                i, f = load(work, z + here), load(work, z + gate + here)
                g, o = load(work, z + 2 * gate + here), load(work, z + 3 * gate + here)
                t = load(work, tanh_cell + here)
                dc = fma(d * o, fma(-t, t, 1.0), load(work, carried_cell + dense))
                di, df = dc * g * fma(-i, i, i), dc * load(work, cell + past) * fma(-f, f, f)
                dg, do = dc * i * fma(-g, g, 1.0), d * t * fma(-o, o, o)
                store(work, z + here, di)
                store(work, z + gate + here, df)
                store(work, z + 2 * gate + here, dg)
                store(work, z + 3 * gate + here, do)
                store(work, now + dense, di)
                store(work, now + block + dense, df)
                store(work, now + 2 * block + dense, dg)
                store(work, now + 3 * block + dense, do)
                store(work, carried_cell + dense, dc * f)
                store(work, carried + dense, zero())
            elif kind == GRU:
                r, u = load(work, z + here), load(work, z + gate + here)
                n, from_h = load(work, z + 2 * gate + here), load(work, z + 3 * gate + here)
                dn = d * (1.0 - u) * fma(-n, n, 1.0)
                dr, dh = dn * from_h * fma(-r, r, r), dn * r
                du = d * (load(work, h + past) - n) * fma(-u, u, u)
                store(work, z + here, dr)
                store(work, z + gate + here, du)
                store(work, z + 2 * gate + here, dn)
                store(work, z + 3 * gate + here, dh)
                store(work, now + dense, dr)
                store(work, now + block + dense, du)
                store(work, now + 2 * block + dense, dh)
                store(work, carried + dense, d * u)
            else:
                state = load(work, h + here)
                if kind == RNN_TANH:
                    dz = d * fma(-state, state, 1.0)
                else:
                    dz = select(less(zero(), state), d, zero())
                store(work, z + here, dz)
                store(work, now + dense, dz)
                store(work, carried + dense, zero())
