# SPDX-License-Identifier: Apache-2.0
"""Products of tensors beside `matmul`, all of them by way of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pronghorn.ops import core
from pronghorn.ops._elementwise import clip, divide, multiply, sqrt, square, subtract
from pronghorn.ops._rearranging import _times, diagonal, flip, moveaxis, pad
from pronghorn.ops._reductions import mean, sum
from pronghorn.ops.core import known_size, operands, symbolic
from pronghorn.ops.shape import expand_dims, matmul, ravel, reshape, stack, take, transpose


@symbolic
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """The sum of products over axes of one tensor and as many of another.

    Args:
        x1, x2: tensors.
        axes: a number n (the last n axes of x1 with the first n of x2), or the axes of x1 and
            those of x2.

    >>> import numpy as np, pronghorn as keras
    >>> keras.ops.tensordot(np.ones((2, 3, 4)), np.ones((4, 3, 5)), axes=[[1, 2], [1, 0]]).shape
    (2, 5)
    """
    x1, x2 = operands(x1, x2)
    if isinstance(axes, int):
        axes = (range(x1.ndim - axes, x1.ndim), range(axes))
    first, second = ([a] if isinstance(a, int) else list(a) for a in axes)
    first, second = [a % x1.ndim for a in first], [a % x2.ndim for a in second]
    letters = iter(_LETTERS)
    left = [next(letters) for _ in range(x1.ndim)]
    right = [next(letters) for _ in range(x2.ndim)]
    for a, b in zip(first, second, strict=True):
        right[b] = left[a]
    out = [c for i, c in enumerate(left) if i not in first]
    out += [c for i, c in enumerate(right) if i not in second]
    return einsum(f"{''.join(left)},{''.join(right)}->{''.join(out)}", x1, x2)


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@symbolic
def dot(x1: Any, x2: Any) -> Any:
    """As np.dot: over the last axis of x1 and the last but one of x2 (its only one, of a vector).

    A number times a tensor is their product.
    """
    a, b = operands(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    if b.ndim <= 2:
        return matmul(a, b)
    return tensordot(a, b, axes=[[a.ndim - 1], [b.ndim - 2]])


@symbolic
def inner(x1: Any, x2: Any) -> Any:
    """The sum of products over the last axis of both; of a number, the product."""
    a, b = operands(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return tensordot(a, b, axes=[[a.ndim - 1], [b.ndim - 1]])


@symbolic
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Any:
    """The sums of products of a vector and another that is moved along it.

    Args:
        x1, x2: vectors.
        mode: "valid": where the shorter one lies within the longer one; "full": where they touch;
            "same": as many places as the longer one has elements, in the middle of "full".

    Raises:
        ValueError: another mode, or tensors that are no vectors.

    >>> import pronghorn as keras
    >>> keras.ops.correlate([1.0, 2.0, 3.0], [0.0, 1.0]).numpy().tolist()
    [2.0, 3.0]
    """
    if mode not in ("valid", "same", "full"):
        raise ValueError(
            f"correlate: mode must be 'valid', 'same' or 'full'. Received: mode={mode!r}"
        )
    a, b = operands(x1, x2)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"correlate: expected vectors. Received: shapes {a.shape} and {b.shape}")
    m, n = known_size("correlate", a, 0), known_size("correlate", b, 0)
    if n > m:
        return flip(correlate(b, a, mode))
    windows = np.arange(m + n - 1)[:, None] + np.arange(n)
    full = matmul(take(pad(a, n - 1), windows), b)
    start, count = {"valid": (n - 1, m - n + 1), "same": ((n - 1) // 2, m), "full": (0, m + n - 1)}[
        mode
    ]
    return full[start : start + count]


@symbolic
def outer(x1: Any, x2: Any) -> Any:
    """All products of an element of x1 and one of x2, as a matrix."""
    a, b = operands(x1, x2)
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


@symbolic
def vdot(x1: Any, x2: Any) -> Any:
    """The sum of products of the elements of both, flattened."""
    a, b = operands(x1, x2)
    return matmul(ravel(a), ravel(b))


@symbolic
def kron(x1: Any, x2: Any) -> Any:
    """Kronecker's product: x2 in the place of each element of x1, times it."""
    a, b = operands(x1, x2)
    rank = max(a.ndim, b.ndim)
    first, second = ([1] * (rank - x.ndim) + list(x.shape) for x in (a, b))
    a = reshape(a, [d for size in first for d in (size, 1)])
    b = reshape(b, [d for size in second for d in (1, size)])
    return reshape(multiply(a, b), [_times(p, q) for p, q in zip(first, second, strict=True)])


@symbolic
def cross(
    x1: Any,
    x2: Any,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Any:
    """The cross product of vectors of 3 (or 2) numbers.

    Args:
        x1, x2: tensors of vectors.
        axisa, axisb: the axes on which the vectors lie.
        axisc: where they lie in the result; two vectors of 2 numbers give a number instead.
        axis: all three of these.

    Raises:
        ValueError: vectors of other sizes.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = operands(x1, x2)
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError(
            "cross: the vectors must have 2 or 3 elements. "
            f"Received: {a.shape[-1]} and {b.shape[-1]}"
        )
    p, q = ([x[..., i] for i in range(x.shape[-1])] for x in (a, b))
    last = p[0] * q[1] - p[1] * q[0]
    if len(p) == len(q) == 2:
        return last
    p3, q3 = (v[2] if len(v) == 3 else multiply(v[0], 0) for v in (p, q))
    return moveaxis(stack([p[1] * q3 - p3 * q[1], p3 * q[0] - p[0] * q3, last], -1), -1, axisc)


@symbolic
def cdist(x: Any, y: Any) -> Any:
    """Euclidean distances between the rows of x (..., n, d) and of y (..., m, d): (..., n, m)."""
    x, y = operands(x, y, to_float=True)
    return sqrt(sum(square(subtract(expand_dims(x, -2), expand_dims(y, -3))), -1))


@symbolic
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """Sums of products by Einstein's convention, from left to right.

    Args:
        subscripts: a letter for each axis of each operand, and those of the result:
            ``"bij,bjk->bik"``. Without a result, the letters that occur once, sorted. ``...``
            stands for any leading axes.
        operands: tensors.
        kwargs: accepted for Keras's sake.

    Raises:
        ValueError: the letters do not fit the operands.

    >>> import numpy as np, pronghorn as keras
    >>> keras.ops.einsum("ij,kj->ik", np.ones((2, 3)), np.ones((4, 3))).shape
    (2, 4)
    """
    tensors = core.operands(*operands)
    terms, out = parse_subscripts(subscripts, [t.ndim for t in tensors])
    _check_sizes(subscripts, terms, [t.shape for t in tensors])
    pairs = [_without_repeats(t, term) for t, term in zip(tensors, terms, strict=True)]
    result, letters = pairs[0]
    for i, (tensor, term) in enumerate(pairs[1:], 1):
        later = set(out).union(*(t for _, t in pairs[i + 1 :]))
        result, letters = _contract(result, letters, tensor, term, later)
    alone = [i for i, c in enumerate(letters) if c not in out]
    if alone:
        result = sum(result, alone)
        letters = [c for c in letters if c in out]
    return transpose(result, [letters.index(c) for c in out]) if out else result


def parse_subscripts(subscripts: str, ranks: Sequence[int]) -> tuple[list[list[str]], list[str]]:
    """The letters of each operand and of the result, dots replaced by letters of their own."""

    def fail(why: str) -> ValueError:
        return ValueError(
            f"einsum: {why}. Received: subscripts={subscripts!r} for tensors of ranks {list(ranks)}"
        )

    written, arrow, result = subscripts.replace(" ", "").partition("->")
    parts = written.split(",")
    if len(parts) != len(ranks):
        raise fail("expected one group of letters for each tensor")
    unused = [c for c in reversed(_LETTERS) if c not in subscripts]
    hidden = [r - len(p.replace("...", "")) for p, r in zip(parts, ranks, strict=True)]
    most = max((h for h, p in zip(hidden, parts, strict=True) if "..." in p), default=0)
    dots = unused[:most]
    terms = []
    for part, count in zip(parts, hidden, strict=True):
        if count < 0 or (count and "..." not in part):
            raise fail(f"the letters {part!r} do not fit their tensor")
        before, _, after = part.partition("...")
        middle = dots[most - count :] if "..." in part else []
        terms.append([*before, *middle, *after])
    every = [c for term in terms for c in term]
    if arrow:
        before, _, after = result.partition("...")
        out = [*before, *(dots if "..." in result else []), *after]
    else:
        out = dots + sorted(c for c in set(every) if every.count(c) == 1 and c not in dots)
    if len(set(out)) != len(out) or not set(out) <= set(every):
        raise fail("the letters of the result must be different ones of the tensors'")
    return terms, out


def _check_sizes(subscripts: str, terms: list[list[str]], shapes: list[tuple[Any, ...]]) -> None:
    """Axes of the same letter have the same size, but for those that are not known or are 1."""
    sizes: dict[str, Any] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            if size not in (None, 1) and sizes.setdefault(letter, size) != size:
                raise ValueError(
                    "einsum: axes of the same letter must have the same size. "
                    f"Received: subscripts={subscripts!r} for shapes {shapes}"
                )


def _without_repeats(x: Any, letters: list[str]) -> tuple[Any, list[str]]:
    """Diagonals for letters that occur twice in one operand."""
    for c in list(dict.fromkeys(letters)):
        while letters.count(c) > 1:
            first = letters.index(c)
            second = letters.index(c, first + 1)
            x = diagonal(x, 0, first, second)
            letters = [d for i, d in enumerate(letters) if i not in (first, second)] + [c]
    return x, letters


def _contract(
    x: Any, left: list[str], y: Any, right: list[str], needed: set[str]
) -> tuple[Any, list[str]]:
    """The product of two operands, summed over the letters that nothing later needs."""
    x, left = _summed(x, left, needed | set(right))
    y, right = _summed(y, right, needed | set(left))
    size = dict(zip(right, y.shape, strict=True))
    for c, d in zip(left, x.shape, strict=True):
        size[c] = d if size.get(c) in (None, 1) else size[c]
    shared = [c for c in left if c in right]
    batch = [c for c in shared if c in needed]
    joined = [c for c in shared if c not in needed]
    rows, columns = ([c for c in term if c not in shared] for term in (left, right))
    a = transpose(x, [left.index(c) for c in batch + rows + joined])
    b = transpose(y, [right.index(c) for c in batch + joined + columns])
    lead_a, lead_b = a.shape[: len(batch)], b.shape[: len(batch)]  # 1 where broadcast
    n, k, m = (_times(*(size[c] for c in group)) for group in (rows, joined, columns))
    product = matmul(reshape(a, (*lead_a, n, k)), reshape(b, (*lead_b, k, m)))
    letters = batch + rows + columns
    return reshape(product, [size[c] for c in letters]), letters


def _summed(x: Any, letters: list[str], needed: set[str]) -> tuple[Any, list[str]]:
    alone = [i for i, c in enumerate(letters) if c not in needed]
    return (sum(x, alone) if alone else x), [c for c in letters if c in needed]


@symbolic
def corrcoef(x: Any) -> Any:
    """Pearson's correlation of the rows of a matrix with each other.

    >>> import pronghorn as keras
    >>> keras.ops.corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]).numpy().round(3).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    (x,) = core.operands(x, to_float=True)
    rows = reshape(x, (1, -1)) if x.ndim == 1 else x
    centred = subtract(rows, mean(rows, -1, keepdims=True))
    covariance = matmul(centred, transpose(centred))
    spread = sqrt(diagonal(covariance))
    found = clip(divide(covariance, outer(spread, spread)), -1, 1)
    return reshape(found, ()) if x.ndim == 1 else found
