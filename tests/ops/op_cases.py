# SPDX-License-Identifier: Apache-2.0
"""Calls of the ops: what `test_ops.py` checks and `tests/fixtures/record_ops.py` records.

It knows NumPy only, because real Keras runs it too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

_RNG = np.random.default_rng(7)
ANY = _RNG.normal(size=(3, 4))
OTHER = _RNG.normal(size=(3, 4)) + 0.1
POSITIVE = _RNG.uniform(0.3, 3.0, (3, 4))
UNIT = _RNG.uniform(-0.95, 0.95, (3, 4))
WIDE = np.array([-40.0, -7.5, -2.2, -1e-4, 1e-4, 0.9, 1.1, 2.3, 9.5, 77.0])
ROW = _RNG.normal(size=4)
COLUMN = _RNG.normal(size=(3, 1))
THREE = _RNG.normal(size=(2, 3, 4))
CUBE = _RNG.normal(size=(3, 3, 3))
VECTOR = _RNG.normal(size=5)
LONGER = _RNG.normal(size=7)
HOLES = np.where(_RNG.uniform(size=(3, 4)) < 0.3, np.nan, ANY)
HOLES[0], HOLES[1, 0], HOLES[2] = [1.5, np.nan, -2.0, 0.5], 3.0, [np.nan, 0.25, 1.0, np.nan]
EXTREME = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 2.5, -2.5])
INTS = np.array([[3, -1, 4, 1], [-5, 9, 2, -6], [5, 3, -5, 8]], "int32")
COUNTS = np.array([0, 2, 5, 2], "int32")
BOOLS = ANY > 0
SORTED = np.array([-1.0, 0.0, 0.5, 2.0])
TIES = np.array([[2.0, -1.0, 2.0, 0.5], [0.5, 0.5, -1.0, 0.5]])
ZEROS = np.array([[1.5, 0.0, 2.0, 0.0], [0.0, 3.0, -0.5, 2.0]])
SQUARES = _RNG.normal(size=(2, 3, 3))
DEFINITE = SQUARES @ SQUARES.swapaxes(1, 2) + np.eye(3)
LOWER = np.tril(SQUARES) + 2 * np.eye(3)
BITS = np.array([[0b1100, -7, 0], [255, 6, -1]], "int32")
SHIFTS = np.array([3, 0, 1], "int32")
ROUNDED = np.array([-2.5, -1.5, -0.5, 0.5, 1.25, 2.75])


class Call(NamedTuple):
    """ops.<name>(*args, **kwargs). Arrays of float64 are cast to the dtype that is tested."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def _call(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


_EACH = {
    "negative absolute abs sign square exp expm1 exp2 sin cos tanh sinh cosh tan arctan arcsinh "
    "floor ceil trunc round fabs isnan isinf isfinite isposinf isneginf isreal real imag conj "
    "conjugate angle copy signbit cbrt deg2rad rad2deg sinc i0 ravel transpose zeros_like "
    "ones_like flip fliplr flipud tril triu diagonal diag diagflat trace diff array logical_not "
    "erf erfc relu relu6 sigmoid silu swish softplus softsign log_sigmoid leaky_relu hard_sigmoid "
    "hard_silu hard_swish hard_tanh hard_shrink soft_shrink tanh_shrink sparse_plus sparse_sigmoid "
    "squareplus elu selu celu gelu glu softmax log_softmax stop_gradient norm normalize "
    "layer_normalization rms_normalization logsumexp average ptp count_nonzero sort argsort "
    "cumsum cumprod nancumsum nancumprod median nanmedian pinv matrix_rank": ANY,
    "det slogdet inv lu_factor qr": SQUARES,
    "cholesky eigh logdet": DEFINITE,
    "cholesky_inverse": LOWER[0],
    "bitwise_not bitwise_invert": BITS,
    "sum mean max min amax amin prod var std any all argmax argmin nansum nanmean nanmax nanmin "
    "nanprod nanvar nanstd nanargmax nanargmin": ANY,
    "sqrt rsqrt log log2 log10 log1p reciprocal": POSITIVE,
    "arcsin arccos arctanh erfinv": UNIT,
    "arccosh": POSITIVE + 1,
}
_PAIRS = (
    "add subtract multiply divide true_divide maximum minimum fmax fmin arctan2 hypot logaddexp "
    "logaddexp2 equal not_equal less less_equal greater greater_equal logical_and logical_or "
    "logical_xor isclose allclose divide_no_nan outer inner vdot kron heaviside floor_divide "
    "mod fmod"
)
_MORE: dict[str, list[Any]] = {
    "round": [_call(ROUNDED), _call(ANY, 1), _call(INTS)],
    "trunc": [_call(INTS)],
    "tan": [_call(WIDE)],
    "arctan": [_call(WIDE), _call(INTS)],
    "arcsinh": [_call(WIDE)],
    "erfc": [_call(WIDE)],
    "i0": [_call(WIDE)],
    "cbrt": [_call(WIDE)],
    "sinc": [_call(WIDE)],
    "sinh": [_call(WIDE)],
    "exp2": [_call(WIDE), _call(INTS)],
    "arccosh": [_call(np.array([1.0001, 2.0, 1e3]))],
    "arcsin": [_call(np.array([-0.9999, -1e-5, 1e-5, 0.9999]))],
    "arccos": [_call(np.array([-0.9999, -1e-5, 1e-5, 0.9999]))],
    "erfinv": [_call(np.array([-0.999, -1e-5, 1e-5, 0.9, 0.99]))],
    "arctan2": [_call(ROW, COLUMN), _call(ANY, 1.0)],
    "hypot": [_call(ROW, COLUMN)],
    "power": [_call(POSITIVE, ANY), _call(ANY, 2), _call(ANY, 3), _call(INTS, 2)],
    "ldexp": [_call(ANY, INTS)],
    "clip": [_call(ANY, -0.5, 0.5), _call(INTS, 0, 4)],
    "where": [_call(BOOLS, ANY, OTHER), _call(BOOLS, ROW, 0.0)],
    "select": [_call([BOOLS, BOOLS[::-1]], [ANY, OTHER], 7.0)],
    "nan_to_num": [_call(HOLES), _call(HOLES, nan=3.0)],
    "isclose": [_call(ANY, ANY * (1 + 1e-6)), _call(HOLES, HOLES, equal_nan=True)],
    "logaddexp": [_call(WIDE, -WIDE)],
    "heaviside": [_call(np.array([-1.0, 0.0, 2.0]), 0.5 * np.ones(3))],
    "divide_no_nan": [_call(ANY, np.array([0.0, 1.0, 0.0, 2.0]))],
    "fmax": [_call(HOLES, ROW)],
    "fmin": [_call(HOLES, ROW)],
    "mod": [_call(INTS, 4), _call(ANY, 0.7)],
    "fmod": [_call(INTS, 4), _call(ANY, 0.7)],
    "floor_divide": [_call(INTS, 4)],
    # reductions
    "sum": [_call(THREE, axis=(0, 2)), _call(INTS, axis=1, keepdims=True), _call(BOOLS)],
    "mean": [_call(THREE, axis=1), _call(INTS)],
    "max": [_call(THREE, axis=-1, keepdims=True), _call(ANY, 0, initial=0.5)],
    "min": [_call(THREE, axis=-1, keepdims=True), _call(ANY, 0, initial=0.5)],
    "amax": [_call(THREE, axis=1)],
    "amin": [_call(THREE, axis=1)],
    "prod": [_call(THREE, axis=(1,)), _call(BOOLS)],
    "var": [_call(THREE, axis=(0, 1), keepdims=True)],
    "std": [_call(THREE, axis=1)],
    "any": [_call(BOOLS, axis=0)],
    "all": [_call(BOOLS, axis=1, keepdims=True)],
    "argmax": [_call(THREE, axis=1), _call(THREE, axis=0, keepdims=True)],
    "argmin": [_call(THREE, axis=1), _call(INTS, axis=0, keepdims=True)],
    "ptp": [_call(THREE, axis=1, keepdims=True)],
    "average": [_call(ANY, axis=1, weights=ROW**2), _call(ANY, weights=POSITIVE)],
    "count_nonzero": [_call(INTS - 3, axis=0), _call(BOOLS)],
    "trapezoid": [_call(ANY), _call(ANY, dx=0.5, axis=0), _call(ANY, x=ROW)],
    "nansum": [_call(HOLES), _call(HOLES, axis=0)],
    "nanprod": [_call(HOLES), _call(HOLES, axis=0, keepdims=True)],
    "nanmean": [_call(HOLES), _call(HOLES, axis=1)],
    "nanvar": [_call(HOLES), _call(HOLES, axis=0), _call(HOLES, axis=1, keepdims=True)],
    "nanstd": [_call(HOLES), _call(HOLES, axis=1)],
    "nanmax": [_call(HOLES), _call(HOLES, axis=0)],
    "nanmin": [_call(HOLES), _call(HOLES, axis=1, keepdims=True)],
    "nanargmax": [_call(HOLES), _call(HOLES, axis=1)],
    "nanargmin": [_call(HOLES), _call(HOLES, axis=1, keepdims=True)],
    "logsumexp": [_call(THREE, axis=(0, 2), keepdims=True), _call(ANY, axis=0)],
    "moments": [_call(THREE, axes=[0, 1]), _call(ANY, axes=0, keepdims=True)],
    # shape
    "reshape": [_call(ANY, (2, -1)), _call(ANY, -1)],
    "expand_dims": [_call(ANY, 1), _call(ANY, -1)],
    "squeeze": [_call(COLUMN), _call(COLUMN, 1)],
    "transpose": [_call(THREE), _call(THREE, (2, 0, 1))],
    "swapaxes": [_call(THREE, 0, -1)],
    "moveaxis": [_call(THREE, 0, -1), _call(THREE, [0, 2], [1, 0])],
    "broadcast_to": [_call(ROW, (3, 4))],
    "concatenate": [_call([ANY, OTHER]), _call([ANY, OTHER, COLUMN], axis=-1)],
    "stack": [_call([ANY, OTHER]), _call([ANY, OTHER], axis=-1)],
    "append": [_call(ANY, ROW), _call(ANY, OTHER, axis=1)],
    "hstack": [_call([ROW, VECTOR]), _call([ANY, OTHER])],
    "vstack": [_call([ROW, ROW]), _call([ANY, OTHER])],
    "dstack": [_call([ROW, ROW]), _call([ANY, OTHER]), _call([THREE, THREE])],
    "split": [_call(ANY, 2, axis=1), _call(ANY, [1], axis=0)],
    "array_split": [_call(VECTOR, 3), _call(ANY, 3, axis=1)],
    "hsplit": [_call(ANY, 2), _call(ROW, 2)],
    "vsplit": [_call(ANY, 3)],
    "dsplit": [_call(THREE, 2)],
    "unstack": [_call(ANY), _call(ANY, axis=1)],
    "flip": [_call(THREE, axis=(0, 2)), _call(ANY, axis=0)],
    "roll": [_call(ANY, 2), _call(ANY, -1, axis=0), _call(THREE, (1, 2), axis=(0, 2))],
    "rot90": [_call(ANY, k) for k in range(4)] + [_call(THREE, 1, axes=(0, 2))],
    "tile": [_call(ANY, (2, 3)), _call(ROW, (3, 1)), _call(ANY, 2)],
    "repeat": [_call(ANY, 2), _call(ANY, 3, axis=1), _call(ANY, np.array([1, 0, 2]), axis=0)],
    "pad": [
        _call(ANY, ((1, 0), (0, 2))),
        _call(ANY, 1, mode="reflect"),
        _call(ANY, 2, mode="symmetric"),
        _call(ROW, ((2, 1),), constant_values=9.0),
    ],
    "diagonal": [_call(THREE, 1, 1, 2), _call(ANY, -1), _call(THREE, offset=0, axis1=0, axis2=2)],
    "trace": [_call(CUBE, 1, 0, 2)],
    "diag": [_call(ROW, 1), _call(ROW, -2), _call(ANY, 1)],
    "diagflat": [_call(COLUMN, 1)],
    "tril": [_call(THREE, -1)],
    "triu": [_call(THREE, 1)],
    "diff": [_call(ANY, 2), _call(ANY, axis=0), _call(BOOLS)],
    "slice": [_call(ANY, (1, 0), (2, 3))],
    "get_item": [_call(ANY, (np.s_[1:], np.s_[::-2])), _call(THREE, (Ellipsis, None, 1))],
    "take": [_call(ANY, COUNTS[:2], axis=1), _call(ANY, COUNTS), _call(ROW, -1, axis=0)],
    "take_along_axis": [
        _call(ANY, np.array([[1, 0], [2, 3], [0, 0]], "int32"), axis=1),
        _call(ANY, COUNTS),
    ],
    "meshgrid": [_call(ROW, VECTOR), _call(ROW, VECTOR, indexing="ij")],
    "vander": [_call(VECTOR), _call(VECTOR, 3, increasing=True)],
    "linspace": [
        _call(0, 5, 11),
        _call(ROW, 2.0, 5, endpoint=False),
        _call(ROW, 1.0, 4, axis=-1),
        _call(0.0, 1.0, 5, retstep=True),
    ],
    "logspace": [_call(0, 3, 4), _call(ROW, 1.0, 4, base=2)],
    "geomspace": [_call(1.0, 1000.0, 4), _call(POSITIVE, 5.0, 3, endpoint=False)],
    # made from numbers
    "eye": [_call(3), _call(3, 4, 1)],
    "identity": [_call(3)],
    "tri": [_call(3), _call(3, 5, -1)],
    "arange": [_call(5), _call(1, 8, 3), _call(0.5, 2.0, 0.5)],
    "zeros": [_call((2, 3))],
    "ones": [_call((2, 3), "int32")],
    "full": [_call((2, 3), 1.5)],
    "full_like": [_call(ANY, 2.5)],
    "bartlett": [_call(7)],
    "blackman": [_call(7)],
    "hamming": [_call(7)],
    "hanning": [_call(7)],
    "kaiser": [_call(7, 2.5)],
    # products
    "matmul": [_call(ANY, ANY.T), _call(THREE, ANY.T), _call(INTS, INTS.T)],
    "dot": [_call(ANY, ANY.T), _call(ANY, THREE.swapaxes(1, 2)), _call(2.0, ANY)],
    "inner": [_call(THREE, ANY)],
    "outer": [_call(ROW, VECTOR)],
    "vdot": [_call(ROW, ROW)],
    "kron": [_call(ANY, COLUMN), _call(ROW, ANY)],
    "cross": [
        _call(ANY[:, :3], OTHER[:, :3]),
        _call(ANY[:, :2], OTHER[:, :3]),
        _call(ANY.T, OTHER.T),
    ],
    "tensordot": [
        _call(THREE, THREE, axes=[[0, 2], [0, 2]]),
        _call(ANY, ROW, axes=1),
        _call(ROW, VECTOR, axes=0),
        _call(THREE, ANY),
    ],
    "einsum": [
        _call("ij,kj->ik", ANY, OTHER),
        _call("ij,jk", ANY, OTHER.T),
        _call("bij,bkj->bik", THREE, THREE),
        _call("ii->i", CUBE[0]),
        _call("ij->", ANY),
        _call("...j,j->...", THREE, ROW),
        _call("i,j,k->kij", ROW, VECTOR, COLUMN[:, 0]),
        _call("bij,jk,bk->bi", THREE, ROW[:, None] * VECTOR, np.ones((2, 5)) / 3),
        _call("iij,jk->ik", CUBE, CUBE[1]),
        _call("ij,ij->j", ANY, OTHER),
    ],
    "cdist": [_call(ANY, OTHER[:2]), _call(THREE, THREE[:, :1] + 1)],
    "corrcoef": [_call(ANY)],
    "norm": [
        *(_call(ANY, ord=p, axis=1) for p in (1, 2, 3, 0.5, np.inf, -np.inf, 0)),
        *(_call(THREE, ord=p, axis=(0, 2)) for p in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
        _call(THREE, ord=2, axis=(2, 0), keepdims=True),
        _call(THREE, axis=(2, 0), keepdims=True, ord=1),
        _call(THREE),
    ],
    # searching
    "searchsorted": [_call(SORTED, ANY), _call(SORTED, SORTED, side="right")],
    "digitize": [_call(ANY, SORTED), _call(SORTED, SORTED)],
    "isin": [_call(INTS, np.array([3, 5])), _call(INTS, np.array([3, 5]), invert=True)],
    "in_top_k": [_call(np.array([1, 0, 3], "int32"), ANY, 2)],
    "unravel_index": [_call(np.array([0, 5, 11], "int32"), (3, 4))],
    "nonzero": [_call(BOOLS)],
    "bincount": [_call(COUNTS), _call(COUNTS, minlength=8), _call(COUNTS, weights=ROW)],
    "histogram": [_call(LONGER, 5), _call(LONGER, bins=4, range=(-1.0, 1.0))],
    "scatter": [
        _call(np.array([[0, 1], [1, 1]], "int32"), ROW[:2], (2, 3)),
        _call(np.array([[2], [0], [2]], "int32"), ANY, (4, 4)),
    ],
    "scatter_update": [
        _call(ANY, np.array([[0, 1], [2, 3]], "int32"), ROW[:2]),
        _call(ANY, np.array([[2], [0]], "int32"), OTHER[:2]),
        _call(ANY, np.array([[1], [1]], "int32"), OTHER[:2], reduction="add"),
    ],
    "slice_update": [_call(ANY, (1, 1), OTHER[:2, :2])],
    "segment_sum": [_call(ANY, np.array([0, 0, 2], "int32"), 4)],
    "segment_prod": [_call(ANY, np.array([0, 0, 2], "int32"), 4)],
    "segment_max": [_call(ANY, np.array([0, 0, 1], "int32"), 2)],
    "segment_min": [_call(ANY, np.array([1, 0, 1], "int32"), 2)],
    # order
    "sort": [_call(TIES, axis=0), _call(HOLES), _call(HOLES, axis=None), _call(INTS), _call(BOOLS)],
    "argsort": [_call(TIES), _call(HOLES, axis=0), _call(HOLES, axis=None), _call(INTS, 0)],
    "argpartition": [_call(VECTOR[:3], 1), _call(TIES[:, :3], 0, axis=0)],
    "top_k": [_call(ANY, 2), _call(TIES, 3), _call(INTS, 4), _call(THREE, 1)],
    "unique": [
        _call(INTS),
        _call(TIES, return_index=True, return_inverse=True, return_counts=True),
        _call(INTS, size=12, fill_value=7, return_inverse=True, return_counts=True),
        _call(INTS, size=4, return_index=True, return_counts=True),
        _call(BITS[[0, 1, 0]], axis=0, return_index=True, return_inverse=True),
        _call(BITS[:, [0, 1, 0, 0]], axis=1, return_counts=True),
    ],
    "median": [_call(THREE, axis=(0, 2), keepdims=True), _call(HOLES, axis=1), _call(INTS, axis=0)],
    "nanmedian": [_call(HOLES), _call(HOLES, axis=0, keepdims=True), _call(HOLES, axis=1)],
    "quantile": [
        _call(ANY, 0.3),
        _call(THREE, np.array([0.1, 0.35, 0.9]), axis=(0, 2), keepdims=True),
        _call(HOLES, 0.4, axis=1),
        *(_call(ANY, 0.37, 1, method=m) for m in ("lower", "higher", "midpoint", "nearest")),
    ],
    "nanquantile": [_call(HOLES, np.array([0.2, 0.7])), _call(HOLES, 0.3, axis=0, keepdims=True)],
    "percentile": [_call(ANY, 30, axis=0), _call(ANY, np.array([5.0, 60.0]))],
    "nanpercentile": [_call(HOLES, 30, axis=0), _call(HOLES, np.array([5.0, 60.0]))],
    # running totals
    "cumsum": [_call(THREE, axis=1), _call(BOOLS), _call(INTS, axis=-1), _call(BITS, 0, "float32")],
    "cumprod": [_call(THREE, axis=-2), _call(BOOLS, axis=0), _call(INTS), _call(ZEROS, axis=1)],
    "nancumsum": [_call(HOLES), _call(HOLES, axis=0)],
    "nancumprod": [_call(HOLES), _call(HOLES, axis=1)],
    # bits
    **{
        f"bitwise_{op}": [_call(BITS, SHIFTS), _call(BOOLS, BOOLS[0])]
        for op in ("and", "or", "xor")
    },
    "bitwise_not": [_call(BOOLS), _call(np.array([0, 5, 255], "uint8"))],
    "bitwise_left_shift": [_call(BITS, SHIFTS), _call(BITS, 40)],
    "bitwise_right_shift": [_call(BITS, SHIFTS), _call(BITS, 40)],
    "left_shift": [_call(BITS, SHIFTS)],
    "right_shift": [_call(BITS, SHIFTS)],
    "gcd": [_call(BITS, np.array([18, 21, 0], "int32"))],
    "lcm": [_call(BITS, np.array([18, 21, 0], "int32"))],
    "nextafter": [_call(ROW, COLUMN), _call(ROW, np.inf)],
    # linear algebra
    "cholesky": [_call(DEFINITE, upper=True)],
    "cholesky_inverse": [_call(LOWER[1].T, upper=True)],
    "det": [_call(ANY[:, :3])],
    "inv": [_call(ANY[:, :3])],
    "lu_factor": [_call(ANY[:, :3])],
    "qr": [
        _call(THREE),
        _call(THREE.swapaxes(1, 2)),
        _call(THREE, mode="complete"),
        _call(ANY.T, mode="complete"),
    ],
    "eigh": [_call(DEFINITE[0])],
    "svd": [
        _call(THREE, full_matrices=False),
        _call(ANY.T, full_matrices=False),
        _call(SQUARES),
        _call(THREE, compute_uv=False),
    ],
    "solve": [_call(SQUARES, THREE.swapaxes(1, 2)[:, :3]), _call(ANY[:, :3], ROW[:3])],
    "solve_triangular": [
        _call(LOWER, THREE, lower=True),
        _call(LOWER.swapaxes(1, 2), THREE),
        _call(LOWER[0], ROW[:3], lower=True),
    ],
    "lstsq": [_call(ANY.T, ROW), _call(ANY, OTHER[:, :2])],
    "pinv": [_call(THREE), _call(ANY.T, 1e-3)],
    "matrix_rank": [_call(np.outer(ROW, VECTOR)), _call(SQUARES, 0.5)],
    "correlate": [
        *(_call(LONGER, VECTOR, m) for m in ("valid", "same", "full")),
        *(_call(ROW, LONGER, m) for m in ("valid", "same", "full")),
    ],
    "rearrange": [
        _call(THREE, "a b c -> c (a b)"),
        _call(ANY, "n (a b) -> a n b", a=2),
    ],
    # neural networks
    "softmax": [_call(THREE, axis=1)],
    "log_softmax": [_call(THREE, axis=0)],
    "leaky_relu": [_call(ANY, 0.1)],
    "gelu": [_call(ANY, approximate=False)],
    "threshold": [_call(ANY, 0.3, -1.0)],
    "one_hot": [_call(COUNTS, 6), _call(COUNTS, 6, axis=0)],
    "multi_hot": [_call(COUNTS, 6), _call(np.array([[0, 2], [1, 1]], "int32"), 4)],
    "normalize": [_call(ANY, order=3), _call(ANY, axis=0, order=1)],
    "layer_normalization": [_call(THREE, gamma=ROW, beta=ROW + 1), _call(THREE, axis=(1, 2))],
    "rms_normalization": [_call(THREE, scale=ROW)],
    "batch_normalization": [
        _call(ANY, ROW, ROW**2 + 0.1, -1),
        _call(ANY, ROW, ROW**2 + 0.1, 1, offset=ROW, scale=ROW + 2, epsilon=1e-2),
    ],
    "psnr": [_call(ANY, OTHER, 2.0)],
    "dot_product_attention": [
        _call(THREE[..., None] * ROW, THREE[..., None] + ROW, THREE[..., None] - ROW),
        _call(
            THREE[..., None] * ROW, THREE[..., None] + ROW, THREE[..., None] - ROW, is_causal=True
        ),
    ],
    "binary_crossentropy": [_call((UNIT + 1) / 2, (UNIT[::-1] + 1) / 2)],
    "categorical_crossentropy": [_call(POSITIVE, POSITIVE[::-1].copy())],
    "sparse_categorical_crossentropy": [_call(np.array([1, 0, 3], "int32"), ANY, from_logits=True)],
    # core
    "cast": [_call(ANY * 3, "int32"), _call(INTS, "float32")],
    "saturate_cast": [_call(ANY * 300, "uint8"), _call(INTS, "uint8")],
    "array": [_call(INTS)],
    "negative": [_call(INTS)],
    "square": [_call(BOOLS), _call(INTS)],
}


def all_calls() -> list[Call]:
    """Every call, the first of each op first."""
    calls = [Call(name, (x,), {}) for names, x in _EACH.items() for name in names.split()]
    calls += [Call(name, (ANY, OTHER), {}) for name in _PAIRS.split()]
    calls += [Call(name, *call) for name, many in _MORE.items() for call in many]
    for name in (
        "exp",
        "arctan",
        "arcsinh",
        "signbit",
        "trunc",
        "cbrt",
        "isposinf",
        "sign",
        "fabs",
    ):
        calls.append(Call(name, (EXTREME,), {}))
    return sorted(calls, key=lambda c: c.name)


def key_of(calls: list[Call], index: int) -> str:
    """The name of a call among recorded ones: the op and which of its calls it is."""
    name = calls[index].name
    return f"{name}-{sum(c.name == name for c in calls[:index])}"
