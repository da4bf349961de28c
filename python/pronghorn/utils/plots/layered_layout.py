# SPDX-License-Identifier: Apache-2.0
"""Where to draw the nodes and edges of a graph that flows one way, in ranks.

The steps are those of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical
system structures", 1981: ranks, an order within each rank that crosses few edges, coordinates.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

Key = Hashable
Point = tuple[float, float]  # across the flow, and along it

_SWEEPS = 12
_LANE = 14.0  # width of an edge that passes a rank
_STRAIGHT = 6.0  # how much more a passing edge wants to be straight than a node to be central


@dataclass
class Layout:
    """Coordinates across the flow and along it, both from 0.

    Attributes:
        centers: of the nodes.
        bends: edge -> points it passes between its ends, in ranks that it skips.
        size: of everything.
    """

    centers: dict[Key, Point] = field(default_factory=dict)
    bends: dict[tuple[Key, Key], list[tuple[Point, Point]]] = field(default_factory=dict)
    size: Point = (0.0, 0.0)


def layered_layout(
    sizes: dict[Key, Point],
    edges: Sequence[tuple[Key, Key]],
    gap_across: float,
    gap_along: float,
) -> Layout:
    """Lay out a graph; edges that would close a circle do not count for the ranks.

    Args:
        sizes: node -> its extent across and along, in the order in which nodes are met.
        edges: pairs (from, to).
        gap_across, gap_along: least space between nodes of a rank, and between ranks.
    """
    closing = _closing(list(sizes), edges)
    forward = [edge for edge in dict.fromkeys(edges) if edge not in closing]
    rank = _ranks(list(sizes), forward)
    rows: list[list[Key]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for key in sizes:
        rows[rank[key]].append(key)
    lanes: dict[tuple[Key, Key], list[Key]] = {}
    links: list[tuple[Key, Key]] = []  # each from one rank to the next
    for a, b in forward:
        lane: list[Key] = [(a, b, r) for r in range(rank[a] + 1, rank[b])]
        for r, item in enumerate(lane, rank[a] + 1):
            rows[r].append(item)
        lanes[a, b] = lane
        chain: list[Key] = [a, *lane, b]
        links += list(zip(chain, chain[1:], strict=False))
    returning = {a for a, _ in closing}  # last in its row, its edge back has a way out
    rows = [sorted(row, key=returning.__contains__) for row in _ordered(rows, links)]
    widths = {key: sizes[key][0] if key in sizes else _LANE for row in rows for key in row}
    across = _across(rows, links, widths, gap_across)

    layout, along = Layout(), 0.0
    places: dict[int, tuple[float, float]] = {}
    for r, row in enumerate(rows):
        height = max((sizes[key][1] for key in row if key in sizes), default=0.0)
        places[r] = along, along + height
        for key in row:
            if key in sizes:
                layout.centers[key] = across[key], along + height / 2
        along += height + gap_along
    for edge, lane in lanes.items():
        spans = [(across[item], *places[rank[edge[0]] + 1 + i]) for i, item in enumerate(lane)]
        layout.bends[edge] = [((x, top), (x, bottom)) for x, top, bottom in spans]
    right = max((across[key] + widths[key] / 2 for key in across), default=0.0)
    layout.size = right, max(along - gap_along, 0.0)
    return layout


def _closing(keys: list[Key], edges: Sequence[tuple[Key, Key]]) -> set[tuple[Key, Key]]:
    """Edges back to a node that a walk along the edges is still coming from."""
    followers: dict[Key, list[Key]] = {key: [] for key in keys}
    for a, b in edges:
        followers[a].append(b)
    found: set[tuple[Key, Key]] = set()
    open_now: set[Key] = set()
    done: set[Key] = set()
    for start in keys:
        stack = [(start, iter(followers[start]))] if start not in done else []
        open_now.update(key for key, _ in stack)
        while stack:
            key, rest = stack[-1]
            follower = next(rest, None)
            if follower is None:
                stack.pop()
                open_now.discard(key)
                done.add(key)
            elif follower in open_now:
                found.add((key, follower))
            elif follower not in done:
                open_now.add(follower)
                stack.append((follower, iter(followers[follower])))
    return found


def _ranks(keys: list[Key], edges: list[tuple[Key, Key]]) -> dict[Key, int]:
    """Each node one rank behind the last of those before it."""
    before: dict[Key, list[Key]] = {key: [] for key in keys}
    for a, b in edges:
        before[b].append(a)
    rank: dict[Key, int] = {}
    stack = list(reversed(keys))
    while stack:
        key = stack[-1]
        waiting = [a for a in before[key] if a not in rank]
        if waiting and key not in rank:
            stack += waiting
        else:
            stack.pop()
            rank[key] = max((rank[a] + 1 for a in before[key]), default=0)
    return rank


def _ordered(rows: list[list[Key]], links: list[tuple[Key, Key]]) -> list[list[Key]]:
    """The rows in the order of fewest crossings among those met by sorting by neighbours' means."""
    before: dict[Key, list[Key]] = {key: [] for row in rows for key in row}
    after: dict[Key, list[Key]] = {key: [] for row in rows for key in row}
    for a, b in links:
        before[b].append(a)
        after[a].append(b)
    best, fewest = rows, _crossings(rows, after)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        rows = [list(row) for row in rows]
        for r in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            place = {key: i for i, key in enumerate(rows[r - 1 if down else r + 1])}
            means = {}
            for i, key in enumerate(rows[r]):
                near = [place[other] for other in (before if down else after)[key]]
                means[key] = sum(near) / len(near) if near else float(i)
            rows[r].sort(key=means.__getitem__)
        crossings = _crossings(rows, after)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _crossings(rows: list[list[Key]], after: dict[Key, list[Key]]) -> int:
    count = 0
    for row, below in zip(rows, rows[1:], strict=False):
        place = {key: i for i, key in enumerate(below)}
        ends = [sorted(place[b] for b in after[a]) for a in row]
        flat = [end for some in ends for end in some]
        count += sum(a > b for i, a in enumerate(flat) for b in flat[i + 1 :])
    return count


def _across(
    rows: list[list[Key]],
    links: list[tuple[Key, Key]],
    widths: dict[Key, float],
    gap: float,
) -> dict[Key, float]:
    """Centers across the flow: near those of the neighbours, in order, without overlap."""
    before: dict[Key, list[Key]] = {key: [] for key in widths}
    after: dict[Key, list[Key]] = {key: [] for key in widths}
    for a, b in links:
        before[b].append(a)
        after[a].append(b)
    spacing = {
        r: [(widths[a] + widths[b]) / 2 + gap for a, b in zip(row, row[1:], strict=False)]
        for r, row in enumerate(rows)
    }
    x: dict[Key, float] = {}
    for r, row in enumerate(rows):
        places = np.concatenate([[0.0], np.cumsum(spacing[r])])
        x |= dict(zip(row, places - places[-1] / 2, strict=True))
    # Up and down in turn, and down last: a chain then stays right below where it begins.
    for sweep in range(2 * _SWEEPS):
        down = sweep % 2 == 1
        near = before if down else after
        for r in range(len(rows)) if down else range(len(rows) - 1, -1, -1):
            row = rows[r]
            wanted = [sum(x[o] for o in near[k]) / len(near[k]) if near[k] else x[k] for k in row]
            weights = [_STRAIGHT if isinstance(k, tuple) else 1.0 for k in row]
            x |= dict(zip(row, _apart(wanted, spacing[r], weights), strict=True))
    left = min((x[key] - widths[key] / 2 for key in x), default=0.0)
    return {key: value - left for key, value in x.items()}


def _apart(wanted: list[float], spacing: list[float], weights: list[float]) -> list[float]:
    """The places nearest to the wanted ones, in squares, that keep the spacing.

    Less the spacing so far they need only ascend: isotonic regression, solved by pooling neighbours
    that do not (Barlow et al., "Statistical inference under order restrictions", 1972).
    """
    offsets = np.concatenate([[0.0], np.cumsum(spacing)])
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for value, weight in zip(np.asarray(wanted) - offsets, weights, strict=True):
        pool = float(value), weight, 1
        while pools and pools[-1][0] >= pool[0]:
            mean, total, members = pools.pop()
            both = total + pool[1]
            pool = (mean * total + pool[0] * pool[1]) / both, both, members + pool[2]
        pools.append(pool)
    free = np.concatenate([[mean] * members for mean, _, members in pools])
    return list(free + offsets)
