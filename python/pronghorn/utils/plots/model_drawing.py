# SPDX-License-Identifier: Apache-2.0
"""A diagram of a model drawn with matplotlib alone. Lengths are points, 72 to an inch."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pronghorn.utils.plots.layered_layout import Point, layered_layout
from pronghorn.utils.plots.model_diagram import Card, Diagram

ROLE_COLORS = {"input": "#2f7d5b", "weights": "#24527a", "model": "#6a4c93", "": "#59636e"}
TRAINABLE_COLORS = {True: "#1b7f3b", False: "#b3261e"}
EDGE, BODY, PAPER, TEXT = "#4a545e", "#f6f8fa", "#ffffff", "#20262c"
CLUSTER, CLUSTER_EDGE = "#f4f1f8", "#9c8bb4"

_TITLE, _SMALL = 10.0, 8.5  # sizes of text
_HEADER, _ROW, _PAD, _SPACE, _LEAST_WIDTH = 23.0, 17.0, 10.0, 6.0, 96.0
_GAP_ACROSS, _GAP_ALONG, _MARGIN, _INNER, _LABEL = 24.0, 30.0, 12.0, 14.0, 18.0
_ARROW, _PORT, _BOW = 6.0, 22.0, 34.0

Box = tuple[float, float, float, float]  # center, width, height; y goes down


@dataclass
class _Placed:
    """A diagram with coordinates.

    Attributes:
        size: width and height.
        boxes: key -> box, of all cards, those of expanded models too.
        cards: key -> card.
        clusters: the frames of expanded models, outer ones first.
        routes: edge -> points that it passes between its ends.
        backward: edges to an earlier card, where a shared layer is called again.
    """

    size: Point = (0.0, 0.0)
    boxes: dict[str, Box] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    clusters: list[tuple[str, Box]] = field(default_factory=list)
    routes: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    backward: set[tuple[str, str]] = field(default_factory=set)

    def add(self, inner: _Placed, left: float, top: float) -> None:
        """Take over the contents of an expanded model, whose corner is given."""

        def moved(box: Box) -> Box:
            return box[0] + left, box[1] + top, box[2], box[3]

        self.cards |= inner.cards
        self.backward |= inner.backward
        self.boxes |= {key: moved(box) for key, box in inner.boxes.items()}
        self.clusters += [(name, moved(box)) for name, box in inner.clusters]
        for edge, points in inner.routes.items():
            self.routes[edge] = [(x + left, y + top) for x, y in points]


def draw_diagram(diagram: Diagram, rankdir: str = "TB") -> Any:
    """A figure with the diagram.

    Args:
        diagram: what to draw.
        rankdir: where the flow goes: "TB" (down), "BT" (up), "LR" or "RL".
    """
    from matplotlib.figure import Figure

    placed = _place(diagram, rankdir)
    width, height = (length + 2 * _MARGIN for length in placed.size)
    if placed.backward and rankdir in ("LR", "RL"):
        height += _BOW
    elif placed.backward:
        width += _BOW
    figure = Figure(figsize=(width / 72, height / 72), facecolor=PAPER)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(-_MARGIN, width - _MARGIN), ylim=(height - _MARGIN, -_MARGIN))
    axes.axis("off")
    for name, box in placed.clusters:
        _draw_cluster(axes, name, box)
    _draw_edges(axes, placed, rankdir)
    for key, card in placed.cards.items():
        _draw_card(axes, card, placed.boxes[key])
    return figure


def _place(diagram: Diagram, rankdir: str) -> _Placed:
    horizontal, backwards = rankdir in ("LR", "RL"), rankdir in ("BT", "RL")
    inner = {c.key: _place(c.inside, rankdir) for c in diagram.cards if c.inside is not None}
    home = {key: outer for outer, placed in inner.items() for key in placed.boxes}
    widest = max((_width(card) for card in diagram.cards if card.inside is None), default=0.0)
    sizes: dict[Any, Point] = {}
    for card in diagram.cards:
        if card.inside is None:
            sizes[card.key] = widest, _height(card)
        else:
            width, height = inner[card.key].size
            width = max(width, _text_width(_label(card), _SMALL, bold=True))
            sizes[card.key] = width + 2 * _INNER, height + 2 * _INNER + _LABEL
    edges = [(home.get(a, a), home.get(b, b)) for a, b in diagram.edges]
    turned = {key: size[::-1] if horizontal else size for key, size in sizes.items()}
    layout = layered_layout(turned, edges, _GAP_ACROSS, _GAP_ALONG)

    def on_screen(point: Point) -> Point:
        across, along = point[0], layout.size[1] - point[1] if backwards else point[1]
        return (along, across) if horizontal else (across, along)

    placed = _Placed(layout.size[::-1] if horizontal else layout.size)
    for card in diagram.cards:
        (x, y), (width, height) = on_screen(layout.centers[card.key]), sizes[card.key]
        if card.inside is None:
            placed.cards[card.key] = card
            placed.boxes[card.key] = x, y, width, height
        else:
            placed.clusters.append((_label(card), (x, y, width, height)))
            left = x - inner[card.key].size[0] / 2
            placed.add(inner[card.key], left, y - height / 2 + _INNER + _LABEL)
    for edge, outer in zip(diagram.edges, edges, strict=True):
        bends = [point for bend in layout.bends.get(outer, []) for point in bend]
        placed.routes[edge] = [on_screen(point) for point in bends]
        if outer not in layout.bends:
            placed.backward.add(edge)
    return placed


def _draw_card(axes: Any, card: Card, box: Box) -> None:
    from matplotlib.patches import Rectangle

    x, y, width, height = box
    left, right, top = x - width / 2, x + width / 2, y - height / 2
    color = ROLE_COLORS[card.role]
    plain = height <= _HEADER
    frame = _rounded(axes, box, radius=4, face=color if plain else BODY, edge=color, zorder=3)
    if not plain:
        header = Rectangle((left, top), width, _HEADER, facecolor=color, linewidth=0, zorder=3.1)
        axes.add_patch(header)
        header.set_clip_path(frame)

    def write(place: float, row: float, text: str, **style: Any) -> None:
        style = {"color": TEXT, "fontsize": _SMALL, "ha": "center"} | style
        axes.text(place, row, text, va="center_baseline", zorder=4, **style)

    middle = top + _HEADER / 2
    pieces = _title(card)
    total = _title_width(card)
    cursor = left + _PAD if card.activation else x - total / 2
    for text, bold in pieces:
        weight = "bold" if bold else "normal"
        write(cursor, middle, text, color="white", fontsize=_TITLE, fontweight=weight, ha="left")
        cursor += _text_width(text, _TITLE, bold) + _SPACE
    if card.activation:
        italic = {"color": "#dde6ee", "fontsize": _SMALL + 0.5, "fontstyle": "italic"}
        write(right - _PAD, middle, card.activation, ha="right", **italic)
    row = top + _HEADER + _ROW / 2 + 1.5
    if card.shapes:
        write(x, row, card.shapes)
        row += _ROW
    both = bool(card.dtype) and card.trainable is not None
    if card.dtype:
        write(left + _PAD if both else x, row, card.dtype, ha="left" if both else "center")
    if card.trainable is not None:
        mark = {"color": TRAINABLE_COLORS[card.trainable], "fontweight": "bold"}
        place, align = (right - _PAD, "right") if both else (x, "center")
        write(place, row, _trainable(card.trainable), ha=align, **mark)


def _draw_cluster(axes: Any, label: str, box: Box) -> None:
    x, y, width, height = box
    _rounded(axes, box, radius=6, face=CLUSTER, edge=CLUSTER_EDGE, zorder=1)
    style = {"color": ROLE_COLORS["model"], "fontsize": _SMALL, "fontweight": "bold"}
    behind = {"fc": CLUSTER, "ec": "none", "pad": 1.5}  # so that it can be read over an edge
    left, middle = x - width / 2 + _INNER, y - height / 2 + (_INNER + _LABEL) / 2
    axes.text(left, middle, label, va="center", zorder=2.5, bbox=behind, **style)


def _rounded(axes: Any, box: Box, radius: float, face: str, edge: str, zorder: float) -> Any:
    from matplotlib.patches import FancyBboxPatch

    x, y, width, height = box
    corner = x - width / 2, y - height / 2
    shape = f"round,pad=0,rounding_size={radius}"
    patch = FancyBboxPatch(corner, width, height, boxstyle=shape, fc=face, ec=edge, zorder=zorder)
    axes.add_patch(patch)
    return patch


def _draw_edges(axes: Any, placed: _Placed, rankdir: str) -> None:
    """Each leaves the middle of its first card and enters the second at a port of its own."""
    horizontal, sign = rankdir in ("LR", "RL"), -1 if rankdir in ("BT", "RL") else 1
    arriving: dict[str, list[tuple[float, tuple[str, str]]]] = {}
    forward = {e: points for e, points in placed.routes.items() if e not in placed.backward}
    for edge in placed.backward:
        _draw_back(axes, placed, edge, horizontal)
    for edge, points in forward.items():
        last = points[-1] if points else placed.boxes[edge[0]][:2]
        arriving.setdefault(edge[1], []).append((last[1 if horizontal else 0], edge))
    ports = {}
    for key, found in arriving.items():
        room = placed.boxes[key][3 if horizontal else 2]
        step = min(_PORT, room / (len(found) + 1))
        for i, (_, edge) in enumerate(sorted(found)):
            ports[edge] = (i - (len(found) - 1) / 2) * step
    for edge, points in forward.items():
        (x, y, width, height), target = placed.boxes[edge[0]], placed.boxes[edge[1]]
        if horizontal:
            start = x + sign * width / 2, y
            end = target[0] - sign * target[2] / 2, target[1] + ports[edge]
        else:
            start = x, y + sign * height / 2
            end = target[0] + ports[edge], target[1] - sign * target[3] / 2
        _draw_edge(axes, [start, *points, end], (sign, 0) if horizontal else (0, sign))


def _draw_edge(axes: Any, points: list[Point], flow: tuple[int, int]) -> None:
    """A line that leaves and arrives along the flow, with an arrow at its end."""
    from matplotlib.path import Path

    (x, y), (dx, dy) = points[-1], flow
    points = [*points[:-1], (x - dx * _ARROW, y - dy * _ARROW)]
    vertices, codes = [points[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        half = abs(x1 - x0) / 2 if dx else abs(y1 - y0) / 2
        vertices += [(x0 + dx * half, y0 + dy * half), (x1 - dx * half, y1 - dy * half), (x1, y1)]
        codes += [Path.CURVE4] * 3
    _stroke(axes, vertices, codes, (x, y), flow)


def _draw_back(axes: Any, placed: _Placed, edge: tuple[str, str], horizontal: bool) -> None:
    """A line to an earlier card, around all others: at the right, or below a horizontal flow."""
    from matplotlib.path import Path

    (x0, y0, w0, h0), (x1, y1, w1, h1) = placed.boxes[edge[0]], placed.boxes[edge[1]]
    outside = max(placed.size[1 if horizontal else 0], 0.0) + _BOW
    if horizontal:
        start, end, flow = (x0, y0 + h0 / 2), (x1, y1 + h1 / 2), (0, -1)
        bows = [(x0, outside), (x1, outside)]
    else:
        start, end, flow = (x0 + w0 / 2, y0), (x1 + w1 / 2, y1), (-1, 0)
        bows = [(outside, y0), (outside, y1)]
    tip = end[0] - flow[0] * _ARROW, end[1] - flow[1] * _ARROW
    codes = [Path.MOVETO] + [Path.CURVE4] * 3
    _stroke(axes, [start, *bows, tip], codes, end, flow)


def _stroke(axes: Any, vertices: Any, codes: Any, tip: Point, flow: tuple[int, int]) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    (x, y), (dx, dy), half = tip, flow, _ARROW / 2
    foot = x - dx * _ARROW, y - dy * _ARROW
    sides = [(foot[0] + s * dy * half, foot[1] + s * dx * half) for s in (1, -1)]
    axes.add_patch(PathPatch(Path(vertices, codes), fill=False, ec=EDGE, lw=1.2, zorder=2))
    axes.add_patch(Polygon([tip, *sides], closed=True, color=EDGE, linewidth=0, zorder=2))


def _title(card: Card) -> list[tuple[str, bool]]:
    """Pieces of text, and whether each is bold."""
    if card.name:
        return [(card.name, True), (card.type_name, False)]
    return [(card.type_name, True)]


def _label(card: Card) -> str:
    """Of the frame of an expanded model."""
    return f"{card.name}  ({card.type_name})"


def _trainable(trainable: bool) -> str:
    return "● trainable" if trainable else "● frozen"


def _title_width(card: Card) -> float:
    widths = [_text_width(text, _TITLE, bold) for text, bold in _title(card)]
    return sum(widths) + _SPACE * (len(widths) - 1)


def _width(card: Card) -> float:
    header = _title_width(card)
    if card.activation:
        header += 16.0 + _text_width(card.activation, _SMALL + 0.5)
    marks = _text_width(card.dtype, _SMALL)
    if card.trainable is not None:
        marks += _text_width(_trainable(card.trainable), _SMALL, bold=True) + (12.0 if marks else 0)
    return max(header, _text_width(card.shapes, _SMALL), marks, _LEAST_WIDTH) + 2 * _PAD


def _height(card: Card) -> float:
    rows = bool(card.shapes) + bool(card.dtype or card.trainable is not None)
    return _HEADER + (rows * _ROW + 4.0 if rows else 0.0)


@cache
def _text_width(text: str, size: float, bold: bool = False) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(weight="bold" if bold else "normal")
    return float(TextPath((0, 0), text, size, prop=font).get_extents().width) if text else 0.0
