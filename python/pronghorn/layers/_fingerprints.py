# SPDX-License-Identifier: Apache-2.0
"""The hash functions behind Keras's hashing layers: the same string has the same bin everywhere.

FarmHash's Fingerprint64 (Google, 2014: https://github.com/google/farmhash, `farmhashna`), and
SipHash-2-4 with a key (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). Both are
arithmetic modulo 2^64 on words in little-endian order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import numpy as np

_WORD = (1 << 64) - 1
# Primes between 2^63 and 2^64 (FarmHash).
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
# The multiplier of MurmurHash2, with which TensorFlow joins fingerprints.
_JOIN = 0xC6A4A7935BD1E995


def _rotate_right(x: int, by: int) -> int:
    return (x >> by | x << (64 - by)) & _WORD


def _fold(x: int) -> int:
    """The high bits onto the low ones."""
    return x ^ (x >> 47)


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _half(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _mix(u: int, v: int, multiplier: int) -> int:
    """Two words into one."""
    a = _fold((u ^ v) * multiplier & _WORD)
    b = _fold((v ^ a) * multiplier & _WORD)
    return b * multiplier & _WORD


def farm_fingerprint64(data: bytes) -> int:
    """FarmHash's Fingerprint64 of bytes.

    >>> farm_fingerprint64(b"")
    11160318154034397263
    """
    size = len(data)
    if size > 64:
        return _fingerprint_of_long(data)
    multiplier = (_K2 + size * 2) & _WORD
    if size > 32:
        return _fingerprint_33_to_64(data, multiplier)
    if size > 16:
        a, b = _word(data, 0) * _K1 & _WORD, _word(data, 8)
        c, d = _word(data, size - 8) * multiplier & _WORD, _word(data, size - 16) * _K2 & _WORD
        first = _rotate_right((a + b) & _WORD, 43) + _rotate_right(c, 30) + d
        second = a + _rotate_right((b + _K2) & _WORD, 18) + c
        return _mix(first & _WORD, second & _WORD, multiplier)
    if size >= 8:
        a, b = (_word(data, 0) + _K2) & _WORD, _word(data, size - 8)
        c = _rotate_right(b, 37) * multiplier + a
        d = (_rotate_right(a, 25) + b) * multiplier
        return _mix(c & _WORD, d & _WORD, multiplier)
    if size >= 4:
        return _mix((size + (_half(data, 0) << 3)) & _WORD, _half(data, size - 4), multiplier)
    if size:
        y = data[0] + (data[size >> 1] << 8)
        z = size + (data[-1] << 2)
        return _fold((y * _K2 ^ z * _K0) & _WORD) * _K2 & _WORD
    return _K2


def _fingerprint_33_to_64(data: bytes, multiplier: int) -> int:
    size = len(data)
    a, b = _word(data, 0) * _K2 & _WORD, _word(data, 8)
    c, d = _word(data, size - 8) * multiplier & _WORD, _word(data, size - 16) * _K2 & _WORD
    y = (_rotate_right((a + b) & _WORD, 43) + _rotate_right(c, 30) + d) & _WORD
    z = _mix(y, (a + _rotate_right((b + _K2) & _WORD, 18) + c) & _WORD, multiplier)
    e, f = _word(data, 16) * multiplier & _WORD, _word(data, 24)
    g = (y + _word(data, size - 32)) * multiplier & _WORD
    h = (z + _word(data, size - 24)) * multiplier & _WORD
    first = _rotate_right((e + f) & _WORD, 43) + _rotate_right(g, 30) + h
    second = e + _rotate_right((f + a) & _WORD, 18) + g
    return _mix(first & _WORD, second & _WORD, multiplier)


def _absorb(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """32 bytes into two words."""
    w, x, y, z = (_word(data, at + i) for i in (0, 8, 16, 24))
    a = (a + w) & _WORD
    b = _rotate_right((b + a + z) & _WORD, 21)
    total = (a + x + y) & _WORD
    return (total + z) & _WORD, (b + _rotate_right(total, 44) + a) & _WORD


def _fingerprint_of_long(data: bytes) -> int:
    """Blocks of 64 bytes into seven words; the last 64 bytes, overlapping them, come once more."""
    x, y = 81, (81 * _K1 + 113) & _WORD
    z = _fold((y * _K2 + 113) & _WORD) * _K2 & _WORD
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _word(data, 0)) & _WORD

    def block(at: int, multiplier: int, weight: int) -> None:
        nonlocal x, y, z, v, w
        x = _rotate_right((x + y + v[0] + _word(data, at + 8)) & _WORD, 37) * multiplier & _WORD
        y = _rotate_right((y + v[1] + _word(data, at + 48)) & _WORD, 42) * multiplier & _WORD
        x ^= w[1] * weight & _WORD
        y = (y + v[0] * weight + _word(data, at + 40)) & _WORD
        z = _rotate_right((z + w[0]) & _WORD, 33) * multiplier & _WORD
        v = _absorb(data, at, v[1] * multiplier & _WORD, (x + w[0]) & _WORD)
        w = _absorb(data, at + 32, (z + w[1]) & _WORD, (y + _word(data, at + 16)) & _WORD)
        z, x = x, z

    whole, rest = divmod(len(data) - 1, 64)
    for number in range(whole):
        block(64 * number, _K1, 1)
    multiplier = (_K1 + ((z & 0xFF) << 1)) & _WORD
    w = ((w[0] + rest) & _WORD, w[1])
    v = ((v[0] + w[0]) & _WORD, v[1])
    w = ((w[0] + v[0]) & _WORD, w[1])
    block(len(data) - 64, multiplier, 9)
    first = _mix(v[0], w[0], multiplier) + _fold(y) * _K0 + z
    return _mix(first & _WORD, (_mix(v[1], w[1], multiplier) + x) & _WORD, multiplier)


def sip_hash(data: bytes, key: Sequence[int]) -> int:
    """SipHash-2-4 of bytes with a key of two words.

    >>> hex(sip_hash(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)))
    '0xa129ca6149be45e5'
    """
    k0, k1 = (int(k) & _WORD for k in key)
    # "somepseudorandomlygeneratedbytes" in ASCII.
    state = [
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    ]
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])
    for (word,) in struct.iter_unpack("<Q", padded):
        state[3] ^= word
        _sip_rounds(state, 2)
        state[0] ^= word
    state[2] ^= 0xFF
    _sip_rounds(state, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _sip_rounds(state: list[int], rounds: int) -> None:
    a, b, c, d = state
    for _ in range(rounds):
        a, c = (a + b) & _WORD, (c + d) & _WORD
        b, d = _rotate_right(b, 51) ^ a, _rotate_right(d, 48) ^ c
        a = _rotate_right(a, 32)
        a, c = (a + d) & _WORD, (c + b) & _WORD
        d, b = _rotate_right(d, 43) ^ a, _rotate_right(b, 47) ^ c
        c = _rotate_right(c, 32)
    state[:] = a, b, c, d


def join_fingerprints(first: int, second: int) -> int:
    """The fingerprint of a pair, as TensorFlow's feature crosses make it."""
    joined = first ^ _JOIN ^ (_fold(second * _JOIN & _WORD) * _JOIN & _WORD)
    joined = joined * _JOIN & _WORD
    return _fold(_fold(joined) * _JOIN & _WORD)


def of_each(values: np.ndarray, hash_of: Callable[[bytes], int]) -> np.ndarray:
    """The hash of each element as text, uint64. Equal elements are hashed once."""
    distinct, places = np.unique(values, return_inverse=True)
    hashes = [hash_of(str(v).encode()) for v in distinct.tolist()]
    return np.array(hashes, dtype="uint64")[places].reshape(values.shape)


def bins_of_each(values: np.ndarray, bins: int, salt: Sequence[int] | None = None) -> np.ndarray:
    """Which of `bins` the text of each element falls into, int64: by SipHash if there is a salt."""
    hashes = of_each(values, farm_fingerprint64 if salt is None else lambda b: sip_hash(b, salt))
    return (hashes % np.uint64(bins)).astype("int64")
