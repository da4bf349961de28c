# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pronghorn import ops
from pronghorn.backend import Operators, convert_to_numpy
from pronghorn.layers._categories import checked_mode, encode_categories
from pronghorn.layers.layer import Layer


class Discretization(Layer):
    """The number of the bin in which each element lies.

    Args:
        bin_boundaries: ascending; a bin holds its lower boundary.
        num_bins: how many bins `adapt` shall make, instead of boundaries.
        epsilon: `adapt` may err by this share of the data: it keeps 1 / epsilon values.
        output_mode: "int", "one_hot", "multi_hot" or "count", as of `CategoryEncoding`.
        sparse: must be False.
        dtype: of the output, but for mode "int", whose is int32.

    Raises:
        ValueError: neither or both of `bin_boundaries` and `num_bins`.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> layer = keras.layers.Discretization(bin_boundaries=[0.0, 1.0])
    >>> layer(np.array([[-0.5, 0.0, 7.0]])).numpy().tolist()
    [[0, 1, 2]]
    """

    summary: np.ndarray

    def __init__(
        self,
        bin_boundaries: Sequence[float] | None = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                "Give either `bin_boundaries` or `num_bins`. "
                f"Received: {bin_boundaries=}, {num_bins=}"
            )
        if num_bins is not None and num_bins < 1:
            raise ValueError(f"num_bins must be positive. Received: num_bins={num_bins}")
        self.bin_boundaries = None if bin_boundaries is None else [float(b) for b in bin_boundaries]
        self.num_bins, self.epsilon, self.sparse = num_bins, epsilon, sparse
        self.output_mode = checked_mode(
            output_mode, ("int", "one_hot", "multi_hot", "count"), sparse
        )
        self.reset_state()

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Choose boundaries that put as many elements into each bin.

        Args:
            data: array, or an iterable of arrays.
            steps: how many arrays of an iterable to take.

        Raises:
            ValueError: the layer was made with `bin_boundaries`.
        """
        if self.num_bins is None:
            raise ValueError(
                f"Layer {self.name!r} was given `bin_boundaries`: there is nothing to adapt. Make "
                "it with `num_bins`."
            )
        self.reset_state()
        if isinstance(data, Operators | np.ndarray) or hasattr(data, "__array__"):
            self.update_state(data)
        else:
            for number, batch in enumerate(data):
                if number == steps:
                    break
                self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Add data to the summary that `finalize_state` makes boundaries from."""
        values = np.asarray(convert_to_numpy(data), dtype="float32")
        joined = np.concatenate([_summary(values, self.epsilon), self.summary], axis=1)
        joined = joined[:, np.argsort(joined[0])]
        self.summary = _compressed(joined, self.epsilon)

    def finalize_state(self) -> None:
        """Set the boundaries from the data seen since `reset_state`."""
        if self.num_bins is not None:
            self.bin_boundaries = _compressed(self.summary, 1 / self.num_bins)[0, :-1].tolist()

    def reset_state(self) -> None:
        """Forget the data seen so far."""
        # Rows: values in ascending order, and for how many elements each stands.
        self.summary = np.zeros((2, 0), dtype="float32")

    def call(self, inputs: Any) -> Any:
        if self.bin_boundaries is None:
            raise ValueError(
                f"Layer {self.name!r} has no boundaries yet: call `adapt(data)`, or give "
                "`bin_boundaries`."
            )
        boundaries = np.asarray(self.bin_boundaries, dtype="float32")
        bins = ops.digitize(ops.cast(inputs, "float32"), boundaries)
        dtype = "int32" if self.output_mode == "int" else self.dtype
        return encode_categories(bins, self.output_mode, len(boundaries) + 1, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        names = ("bin_boundaries", "num_bins", "epsilon", "output_mode", "sparse", "name")
        return {name: config[name] for name in names} | {"dtype": self.dtype}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """A new one from `get_config()`, which has both arguments after `adapt`."""
        if config.get("num_bins") is None or config.get("bin_boundaries") is None:
            return super().from_config(config)
        layer = super().from_config({**config, "bin_boundaries": None})
        layer.bin_boundaries = [float(b) for b in config["bin_boundaries"]]
        return layer


def _summary(values: np.ndarray, epsilon: float) -> np.ndarray:
    """1 / epsilon of the values, at equal ranks, and for how many elements each stands."""
    ordered = np.sort(values, axis=None)
    step = max(ordered.size * epsilon, 1)
    kept = ordered[int(step - 1) :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """A summary of 1 / epsilon values, interpolated between those at the same shares of weight."""
    if summary.shape[1] * epsilon < 1:
        return summary
    total = np.cumsum(summary[1])
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    values = np.interp(shares, total / total[-1], summary[0])
    weights = np.diff(np.interp(shares, total / total[-1], total), prepend=0)
    return np.stack([values, weights]).astype("float32")
