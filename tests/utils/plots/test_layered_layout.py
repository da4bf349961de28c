# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pronghorn.utils.plots.layered_layout import _apart, layered_layout

GAP, BETWEEN = 10.0, 20.0


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 9))
    extent = st.floats(5, 100)
    sizes = {i: (draw(extent), draw(extent)) for i in range(count)}
    node = st.integers(0, count - 1)
    return sizes, draw(st.lists(st.tuples(node, node), max_size=14))


def lay_out(sizes, edges):
    return layered_layout(sizes, edges, GAP, BETWEEN)


@given(graphs())
def test_nodes_do_not_overlap_and_lie_within_the_size(graph):
    sizes, edges = graph
    layout = lay_out(sizes, edges)
    assert layout.centers.keys() == sizes.keys()
    for key, (x, y) in layout.centers.items():
        width, height = sizes[key]
        assert x - width / 2 >= -1e-6
        assert x + width / 2 <= layout.size[0] + 1e-6
        assert y - height / 2 >= -1e-6
        assert y + height / 2 <= layout.size[1] + 1e-6
    for a, b in combinations(sizes, 2):
        (xa, ya), (xb, yb) = layout.centers[a], layout.centers[b]
        beside = abs(xa - xb) >= (sizes[a][0] + sizes[b][0]) / 2 + GAP - 1e-6
        below = abs(ya - yb) >= (sizes[a][1] + sizes[b][1]) / 2 + BETWEEN - 1e-6
        assert beside or below


@given(graphs())
def test_edges_go_down_unless_they_close_a_circle(graph):
    sizes, edges = graph
    forward = [(a, b) for a, b in edges if a < b]
    layout = lay_out(sizes, forward)
    assert layout.bends.keys() == set(forward)
    for (a, b), bends in layout.bends.items():
        along = [layout.centers[a][1], *(y for bend in bends for _, y in bend)]
        along.append(layout.centers[b][1])
        assert along == sorted(along)
        assert along[0] < along[-1]


@given(graphs())
def test_passing_edges_keep_away_from_nodes(graph):
    sizes, edges = graph
    layout = lay_out(sizes, edges)
    for bends in layout.bends.values():
        for (x, top), (_, bottom) in bends:
            for key, (cx, cy) in layout.centers.items():
                if top < cy < bottom:
                    assert abs(x - cx) >= sizes[key][0] / 2


def test_a_chain_is_straight():
    layout = lay_out({i: (30.0 + i, 10.0) for i in range(30)}, [(i, i + 1) for i in range(29)])
    assert len({round(x, 6) for x, _ in layout.centers.values()}) == 1


def test_edges_do_not_cross_where_they_need_not():
    sizes = {name: (10.0, 10.0) for name in "abcxyz"}
    layout = lay_out(sizes, [("a", "z"), ("b", "y"), ("c", "x")])
    above = sorted("abc", key=lambda name: layout.centers[name])
    below = sorted("xyz", key=lambda name: layout.centers[name])
    assert list(zip(above, below, strict=True)) in (
        [("a", "z"), ("b", "y"), ("c", "x")],
        [("c", "x"), ("b", "y"), ("a", "z")],
    )


def test_an_edge_back_has_no_rank_and_no_bends():
    layout = lay_out({"a": (10.0, 10.0), "b": (10.0, 10.0)}, [("a", "b"), ("b", "a")])
    assert layout.centers["a"][1] < layout.centers["b"][1]
    assert list(layout.bends) == [("a", "b")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [([0.0, 10.0], [0.0, 10.0]), ([5.0, 5.0], [3.0, 7.0]), ([9.0, 0.0], [2.5, 6.5])],
)
def test_places_are_the_nearest_that_keep_the_spacing(wanted, found):
    """Two that are 4 apart: the least squares move both by the same amount."""
    assert _apart(wanted, [4.0], [1.0, 1.0]) == pytest.approx(found)
