# SPDX-License-Identifier: Apache-2.0
"""`compile(loss=, loss_weights=)`: one loss per output, their weighted sum, their running means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pronghorn import losses, metrics
from pronghorn._structure import flatten, is_nested
from pronghorn.backend import Tensor
from pronghorn.training.arrays import is_number
from pronghorn.training.targets import (
    LabelRange,
    align,
    kind_of_target,
    output_names,
    per_output,
    unique,
    weights_per_output,
)

_BY_SHAPE = ("crossentropy", "ce")


class CompileLoss:
    """The loss of a whole model.

    Args:
        loss: what `compile` got: a name, a `Loss`, a function `(y_true, y_pred)`, or a list, tuple
            or dict of these with one entry per output (None: no loss for that output). A single
            loss serves every output.
        loss_weights: a number, or a list, tuple or dict of numbers like `loss`.

    Attributes:
        model_names: what the model calls its outputs; None if it does not.
        labels: the sparse targets met in a trace, with what they may hold.

    Raises:
        ValueError: unknown name, or weights that are no numbers.
    """

    def __init__(self, loss: Any, loss_weights: Any = None) -> None:
        for leaf in flatten(loss):
            if not (isinstance(leaf, str) and leaf.lower() in _BY_SHAPE):
                as_loss(leaf)  # an unknown name is an error now, not at the first batch
        for weight in flatten(loss_weights):
            if not is_number(weight):
                raise ValueError(
                    "`loss_weights` must be a number, or a list, tuple or dict of numbers. "
                    f"Received: loss_weights={loss_weights!r}"
                )
        self._loss = loss
        self._weights = loss_weights
        self.model_names: Sequence[str] | None = None
        self.labels: list[tuple[Tensor, LabelRange]] = []
        self.unbind()

    def unbind(self) -> None:
        """Forget which outputs there are: the next call finds out again."""
        self._names: list[str | None] = []
        self._losses: list[Any] | None = None
        self._loss_weights: list[Any] = []
        self._trackers: list[Any] = []
        self.metrics: list[Any] = []

    def __call__(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """The weighted sum over the outputs; also updates the running mean of each output's loss.

        Args:
            y: targets: one tensor, or a list, tuple or dict with one per output.
            y_pred: the model's outputs.
            sample_weight: one tensor for every output, or one per output.
        """
        y = align(y, y_pred, output_names(y_pred, self.model_names))
        self._bind(y, y_pred)
        assert self._losses is not None
        used = [loss is not None for loss in self._losses]
        targets = per_output(y, self._names, used, "y")
        weights = weights_per_output(sample_weight, self._names, used)
        total: Any = None
        for i, (loss, target, output) in enumerate(
            zip(self._losses, targets, flatten(y_pred), strict=True)
        ):
            if loss is None:
                continue
            if target is None:
                raise ValueError(
                    f"Output {self._label(i)!r} has the loss {loss.name!r}, but `y` holds no "
                    "target for it."
                )
            _check_shapes(loss, target, output, self._label(i))
            if loss.targets == "classes":
                self._check_labels(loss, target, output, self._label(i))
            value = loss(target, output, sample_weight=weights[i])
            if self._trackers[i] is not None:
                self._trackers[i].update_state(value, sample_weight=float(output.shape[0]))
            if self._loss_weights[i] is not None:
                value = value * float(self._loss_weights[i])
            total = value if total is None else total + value
        return total

    @property
    def bound(self) -> bool:
        """Whether the outputs are known."""
        return self._losses is not None

    def _check_labels(self, loss: Any, target: Any, output: Any, name: str) -> None:
        """Sparse targets are checked now, if they have values, or by those who will have them."""
        ignored = getattr(loss, "ignore_class", None)
        allowed = LabelRange(0, name, output.shape[-1], ignored)
        if target.trace is None:
            allowed.check(target.numpy())
        else:
            self.labels.append((target, allowed))

    def _bind(self, y: Any, y_pred: Any) -> None:
        """Spread losses and weights over the outputs, once it is known what these are."""
        if self._losses is not None:
            return
        outputs = flatten(y_pred)
        names = output_names(y_pred, self.model_names)
        entries = _spread(self._loss, names, "loss")
        weights = _spread(self._weights, names, "loss_weights")
        if all(entry is None for entry in entries):
            raise ValueError(f"`loss={self._loss!r}` gives no output a loss.")
        targets = per_output(y, names, [entry is not None for entry in entries], "y")
        resolved = [
            None if entry is None else as_loss(_by_shape(entry, target, output))
            for entry, target, output in zip(entries, targets, outputs, strict=True)
        ]
        trackers: list[Any] = [None] * len(outputs)
        if sum(loss is not None for loss in resolved) > 1:
            taken: dict[str, int] = {}
            for i, loss in enumerate(resolved):
                if loss is not None:
                    name = unique(f"{names[i] or loss.name}_loss", taken)
                    trackers[i] = metrics.Mean(name=name)
        self._names, self._loss_weights = names, weights
        self._trackers, self.metrics = trackers, [t for t in trackers if t is not None]
        self._losses = resolved

    def _label(self, i: int) -> str:
        return self._names[i] or (f"output {i}" if len(self._names) > 1 else "output")


def as_loss(identifier: Any) -> losses.Loss:
    """A name, function, config or `Loss` as a `Loss` that carries the name the user typed."""
    found = losses.get(identifier)
    if isinstance(found, losses.Loss):
        return found
    return losses.LossFunctionWrapper(
        found, name=identifier if isinstance(identifier, str) else None
    )


def _by_shape(entry: Any, y_true: Any, y_pred: Any) -> Any:
    if not (isinstance(entry, str) and entry.lower() in _BY_SHAPE):
        return entry
    prefix = {"binary": "binary_", "sparse": "sparse_categorical_", "categorical": "categorical_"}
    return prefix[kind_of_target(y_true, y_pred)] + "crossentropy"


def _spread(value: Any, names: Sequence[str | None], argument: str) -> list[Any]:
    """One entry per output from a single value, a list or tuple by position, or a dict by name."""
    if not is_nested(value):
        return [value] * len(names)
    if isinstance(value, dict):
        unknown = [key for key in value if key not in names]
        if unknown and len(value) == len(names) == 1 and names[0] is None:
            return list(value.values())
        if unknown:
            raise ValueError(
                f"`{argument}` names the outputs {unknown}, which the model does not have. "
                f"Its outputs are: {list(names)}. Received: {argument}={value!r}"
            )
        return [value.get(name) for name in names]
    if len(value) != len(names):
        raise ValueError(
            f"`{argument}` has {len(value)} entries, the model has {len(names)} output(s). "
            f"Received: {argument}={value!r}"
        )
    return list(value)


def _is_ours(loss: Any) -> bool:
    """Whether the loss is one of the library's, whose targets must have the shape of the output."""
    function = getattr(loss, "fn", None) or type(loss)
    return (getattr(function, "__module__", None) or "").startswith(losses.__name__)


def _check_shapes(loss: Any, target: Any, output: Any, name: str) -> None:
    if not _is_ours(loss):
        return
    got, shape = tuple(target.shape), tuple(output.shape)
    if loss.targets != "values":
        if got in (shape[:-1], (*shape[:-1], 1)):
            return
        hint = " One-hot targets go with 'categorical_crossentropy'." if got == shape else ""
        wanted = shape[:-1]
    else:
        if got == shape or got == (*shape, 1) or (*got, 1) == shape:
            return
        sparse = "categorical" in loss.name and got in (shape[:-1], (*shape[:-1], 1))
        hint = " Class numbers go with 'sparse_categorical_crossentropy'." if sparse else ""
        wanted = shape
    raise ValueError(
        f"The target of output {name!r} must have shape {_rows(wanted)} for the loss "
        f"{loss.name!r}, because the output has shape {_rows(shape)}. "
        f"Received: y of shape {_rows(got)}.{hint}"
    )


def _rows(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(["n", *map(str, shape[1:])]) + ("," if len(shape) == 1 else "") + ")"
