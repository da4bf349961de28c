# SPDX-License-Identifier: Apache-2.0
"""Fit the polynomials of math.hpp and print them as C++ (hexadecimal floats).

Each polynomial minimises the largest weighted error on its interval (the function in 50 digits).
The weight turns the polynomial's error into the relative error of the function's result. The
coefficients are then rounded to float one after the other, lowest power first, and the remaining
ones fitted again, so that they make up for the rounding. Needs mpmath and NumPy.

    python3 cpp/simd/fit_coefficients.py            # print all, with the error that is left
    python3 cpp/simd/fit_coefficients.py --check    # exit code 1 if math.hpp has other numbers
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mpmath import mp, mpf

mp.dps = 50
GRID = 600

Function = Callable[[mpf], mpf]


@dataclass
class Fit:
    """f(x) ~ sum of c[k] x^k on [low, high], the error weighted with weight(x)."""

    name: str
    f: Function
    weight: Function
    low: mpf
    high: mpf
    degree: int


def to_float(x: mpf) -> mpf:
    """The nearest float32 (rounded once, from 50 digits)."""
    if x == 0:
        return mpf(0)
    mantissa, exponent = mp.frexp(x)
    return mp.ldexp(mp.nint(mp.ldexp(mantissa, 24)), exponent - 24)


def hex_float(x: mpf) -> str:
    """The C++ spelling of a value that is a float32."""
    sign, text = ("-", float(-x).hex()) if x < 0 else ("", float(x).hex())
    digits, exponent = text.split("p")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{sign}{digits}p{exponent}f"


def chebyshev_points(low: mpf, high: mpf, count: int) -> list[mpf]:
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle - half * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]


def minimax(basis: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Coefficients of the basis columns that minimise the largest weighted error.

    Lawson's algorithm: least squares, each point's share multiplied by its error, repeated. (Remez
    exchange needs as many sign changes as coefficients, which the high powers alone do not give.)
    """
    share = np.full(len(target), 1.0 / len(target))
    best, smallest = np.zeros(basis.shape[1]), np.inf
    for _ in range(200):
        scale = weights * np.sqrt(share)
        columns = basis * scale[:, None]
        norms = np.linalg.norm(columns, axis=0)
        coefficients = np.linalg.lstsq(columns / norms, target * scale, rcond=None)[0] / norms
        errors = np.abs(weights * (basis @ coefficients - target))
        if errors.max() < smallest:
            best, smallest = coefficients, errors.max()
        share = share * errors
        if share.sum() == 0.0:
            break
        share = share / share.sum()
    return best


def fit(task: Fit) -> tuple[list[mpf], mpf]:
    """Coefficients as float32 values, and the largest weighted error with them."""
    points = chebyshev_points(task.low, task.high, GRID)
    exact = [task.f(x) for x in points]
    weights = np.array([float(task.weight(x)) for x in points])
    fixed: list[mpf] = []
    for first in range(task.degree + 1):
        left = [
            y - sum(c * x**k for k, c in enumerate(fixed))
            for x, y in zip(points, exact, strict=True)
        ]
        powers = range(first, task.degree + 1)
        basis = np.array([[float(x**k) for k in powers] for x in points])
        lowest = minimax(basis, np.array([float(y) for y in left]), weights)[0]
        fixed.append(to_float(mpf(float(lowest))))
    error = max(
        w * abs(float(y - sum(c * x**k for k, c in enumerate(fixed))))
        for x, y, w in zip(points, exact, weights, strict=True)
    )
    return fixed, mpf(error)


def split(x: mpf, bits: list[int]) -> list[mpf]:
    """x as a sum of numbers with so many bits each, the last one rounded to nearest."""
    parts = []
    for position, width in enumerate(bits):
        mantissa, exponent = mp.frexp(x)
        scaled = mp.ldexp(mantissa, width)
        whole = mp.nint(scaled) if position + 1 == len(bits) else mp.floor(scaled)
        parts.append(mp.ldexp(whole, exponent - width))
        x -= parts[-1]
    return parts


def atanh_tail(t: mpf) -> mpf:
    """(2 atanh(s) / ln 2 - 2 s / ln 2) / s^3 as a function of t = s^2."""
    s = mp.sqrt(t)
    return 2 * (mp.atanh(s) - s) / (mp.ln(2) * s**3)


def fits() -> list[Fit]:
    half_ln2 = mp.ln(2) / 2 * mpf("1.0001")
    third = mpf(1) / 3 * mpf("1.0001")
    erf_split = mpf(ERF_SPLIT)
    return [
        # expm1(r) = r + r^2 q(r)
        Fit(
            "expm1",
            lambda r: (mp.expm1(r) - r) / r**2,
            lambda r: abs(r**2 / mp.expm1(r)),
            -half_ln2,
            half_ln2,
            5,
        ),
        # log(1 + f) = f + f^2 q(f)
        Fit(
            "log",
            lambda f: (mp.log1p(f) - f) / f**2,
            lambda f: abs(f**2 / mp.log1p(f)),
            -third,
            third,
            8,
        ),
        # sin(r) = r + r^3 q(r^2); the reduction may leave 0.1 % more than pi / 4
        Fit(
            "sin",
            lambda s: (mp.sin(mp.sqrt(s)) - mp.sqrt(s)) / mp.sqrt(s) ** 3,
            lambda s: mp.sqrt(s) ** 3 / mp.sin(mp.sqrt(s)),
            mpf(0),
            (mp.pi / 4 * mpf("1.001")) ** 2,
            2,
        ),
        # cos(r) = 1 + r^2 q(r^2)
        Fit(
            "cos",
            lambda s: (mp.cos(mp.sqrt(s)) - 1) / s,
            lambda s: s / mp.cos(mp.sqrt(s)),
            mpf(0),
            (mp.pi / 4 * mpf("1.001")) ** 2,
            3,
        ),
        # erf(x) = x + x q(x^2)
        Fit(
            "erf_small",
            lambda s: mp.erf(mp.sqrt(s)) / mp.sqrt(s) - 1,
            lambda s: mp.sqrt(s) / mp.erf(mp.sqrt(s)),
            mpf(0),
            erf_split**2,
            6,
        ),
        # erf(x) = 1 - exp(q(x)), where an error of q counts erfc(x) / erf(x)
        Fit(
            "erf_large",
            lambda x: mp.log(mp.erfc(x)),
            lambda x: mp.erfc(x) / mp.erf(x),
            erf_split,
            mpf(4),
            6,
        ),
        # log2((1 + s) / (1 - s)) = 2 s / ln 2 + s t (head + t q(t)), t = s^2; head in two parts
        Fit(
            "pow_log2",
            lambda t: (atanh_tail(t) - 2 / (3 * mp.ln(2))) / t,
            lambda t: t**2,
            mpf(0),
            mpf("0.2001") ** 2,
            3,
        ),
        # 2^r = 1 + r q(r)
        Fit(
            "pow_exp2",
            lambda r: (mpf(2) ** r - 1) / r,
            lambda r: abs(r) / mpf(2) ** r,
            mpf("-0.5001"),
            mpf("0.5001"),
            5,
        ),
    ]


ERF_SPLIT = "1.0"


def constants() -> dict[str, list[mpf]]:
    # ln 2: the first part has 15 bits, so that its product with an exponent (8 bits) is exact.
    # pi / 2: products with a multiple below 2^13 are exact in all parts but the last.
    return {
        "ln2": split(mp.ln(2), [15, 24]),
        "half_pi": split(mp.pi / 2, [11, 11, 11, 11, 24]),
        "log2_e": [to_float(1 / mp.ln(2))],
        "two_over_pi": [to_float(2 / mp.pi)],
        "two_over_ln2": split_nearest(2 / mp.ln(2)),
        "two_over_3_ln2": split_nearest(2 / (3 * mp.ln(2))),
    }


def split_nearest(x: mpf) -> list[mpf]:
    head = to_float(x)
    return [head, to_float(x - head)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with math.hpp")
    arguments = parser.parse_args()
    header = (Path(__file__).parent / "math.hpp").read_text() if arguments.check else ""
    squeezed = re.sub(r"\s+", "", header)
    missing = []
    for name, values in constants().items():
        literals = [hex_float(v) for v in values]
        print(f"{name}: {', '.join(literals)}")
        missing += [f"{name} {x}" for x in literals if arguments.check and x not in squeezed]
    for task in fits():
        values, error = fit(task)
        text = ", ".join(hex_float(v) for v in values)
        print(f"{task.name}: {text}  // error 2^{float(np.log2(float(error))):.1f}")
        if arguments.check and re.sub(r"\s+", "", text) not in squeezed:
            missing.append(task.name)
    for name in missing:
        print(f"not in math.hpp: {name}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
