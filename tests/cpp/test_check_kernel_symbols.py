# SPDX-License-Identifier: Apache-2.0
"""The check itself, on listings as `nm` prints them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

script = runpy.run_path(str(Path(__file__).with_name("check_kernel_symbols.py")))
check, exported = script["check"], script["exported"]

TABLE = "0000000000000000 D pronghorn::avx2::table\n"
LOCALS = (
    "0000000000000000 t pronghorn::avx2::(anonymous namespace)::gemm(int, float const*)\n"
    "0000000000000040 r pronghorn::avx2::(anonymous namespace)::coefficients\n"
)


def test_local_symbols_and_the_table_are_accepted():
    assert check("avx2", exported(TABLE + LOCALS)) == ""


@pytest.mark.parametrize(
    "line",
    [
        "0000000000000000 W float const& std::max<float>(float const&, float const&)\n",
        "0000000000000000 V vtable for pronghorn::Error\n",
        "0000000000000000 u pronghorn::avx2::counter()::value\n",
        "0000000000000000 T pronghorn::avx2::gemm(int)\n",
    ],
)
def test_any_symbol_that_others_see_is_refused(line):
    name = line.split(maxsplit=2)[2].strip()
    assert check("avx2", exported(TABLE + LOCALS + line)).endswith(name)


def test_a_missing_table_is_noticed():
    assert "pronghorn::avx512::table" in check("avx512", exported(TABLE))
