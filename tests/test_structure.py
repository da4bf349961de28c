# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pronghorn._structure import describe, flatten, key_of, map_leaves, pack

Pair = namedtuple("Pair", "first second")
LEAF = st.integers()
STRUCTURE = st.recursive(
    LEAF | st.none(),
    lambda part: (
        st.lists(part, max_size=3)
        | st.lists(part, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), part, max_size=3)
        | st.builds(Pair, part, part)
    ),
    max_leaves=8,
)


@given(STRUCTURE)
def test_pack_is_the_inverse_of_flatten(structure):
    packed = pack(structure, flatten(structure))
    assert packed == structure
    assert type(packed) is type(structure)


@given(STRUCTURE)
def test_map_leaves_keeps_the_containers(structure):
    mapped = map_leaves(lambda leaf: leaf + 1, structure)
    assert flatten(mapped) == [leaf + 1 for leaf in flatten(structure)]
    assert describe(mapped) == describe(structure)


@given(STRUCTURE)
def test_keys_are_hashable_and_tell_containers_apart(structure):
    assert hash(key_of(structure)) == hash(key_of(map_leaves(lambda leaf: leaf, structure)))
    assert key_of([structure]) != key_of((structure,))


def test_dicts_are_walked_by_sorted_key():
    assert flatten({"b": 1, "a": 2}) == [2, 1]
    assert pack({"b": 1, "a": 2}, [20, 10]) == {"b": 10, "a": 20}


@pytest.mark.parametrize("leaves", [[1], [1, 2, 3]])
def test_the_number_of_leaves_must_match(leaves):
    with pytest.raises(ValueError, match="leaves"):
        pack([0, 0], leaves)
