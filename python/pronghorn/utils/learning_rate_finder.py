# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from pronghorn._warnings import warn

# The sweep ends where the loss has grown to this multiple of its least value: what follows is
# noise. A good rate lies about this factor below the one where the loss is least and begins to
# rise. Both are what fastai made common (Howard and Gugger, "fastai", 2020).
_DIVERGED = 4.0
_BELOW_THE_LEAST = 10.0
_MEDIAN = 9  # batches that outvote single strange ones
_PER_WINDOW = 30  # widths of the smoothing window in a sweep: 5 to a decade in the default one


@dataclass(frozen=True)
class LearningRateSweep:
    """What `find_learning_rate` returns.

    Attributes:
        rates: the learning rate of each step.
        losses: the loss of each step's batch.
        smooth_losses: the losses, each averaged with its neighbours.
        suggestion: a tenth of the rate at which the smoothed loss is least.
    """

    rates: np.ndarray
    losses: np.ndarray
    smooth_losses: np.ndarray
    suggestion: float

    def plot(self, axes: Any = None) -> Any:
        """Draw the loss against the rate, on a logarithmic axis, with the suggestion marked.

        Args:
            axes: matplotlib's, to draw into; by default those of a new figure.

        Returns:
            The axes.

        Raises:
            ImportError: there is no matplotlib.
        """
        from pronghorn.utils.plots.learning_rate_plot import plot_sweep

        return plot_sweep(self, axes)


def find_learning_rate(
    model: Any,
    x: Any,
    y: Any = None,
    min_rate: float = 1e-5,
    max_rate: float = 10.0,
    steps: int = 300,
    **fit: Any,
) -> LearningRateSweep:
    """Try learning rates from small to large, one step each, and suggest one.

    A copy of the model is trained while the rate rises by the same factor from step to step. At
    small rates the loss stays where it is, then it falls, and when the rate is too large it rises;
    the sweep ends when it has quadrupled. The model itself and the random numbers to come are
    left as they were.

    Args:
        model: compiled.
        x, y: what `fit` takes; of batches that come to an end so many steps are made.
        min_rate, max_rate: where the sweep begins and ends.
        steps: how many rates to try.
        **fit: more arguments of `fit`, such as `batch_size`.

    Returns:
        Rates and losses, the `suggestion`, and `plot()`.

    Raises:
        ValueError: rates or steps that make no sweep, a loss that is NaN from the start, or what
            `fit` raises.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x = np.random.default_rng(0).normal(size=(500, 2))
    >>> sweep = keras.utils.find_learning_rate(model, x, x.sum(axis=1))
    >>> 0.01 < sweep.suggestion < 0.3
    True

    L. N. Smith, "Cyclical learning rates for training neural networks", 2017.
    """
    if not 0 < min_rate < max_rate:
        raise ValueError(
            "`min_rate` must be above 0 and below `max_rate`. "
            f"Received: min_rate={min_rate!r}, max_rate={max_rate!r}"
        )
    if not isinstance(steps, int) or steps < 10:
        raise ValueError(f"`steps` must be at least 10. Received: steps={steps!r}")
    from pronghorn.random.seed_generator import global_generator

    factor = (max_rate / min_rate) ** (1.0 / (steps - 1))
    random_state = global_generator().state.numpy()
    losses: list[float] = []
    try:
        with warnings.catch_warnings():  # that it ends in NaN is expected
            warnings.filterwarnings("ignore", "The loss is", RuntimeWarning)
            _trial(model, min_rate, factor).fit(
                x,
                y,
                **fit | {"epochs": steps, "verbose": 0, "callbacks": [_recorder(losses, steps)]},
            )
    finally:
        global_generator().state.assign(random_state)

    values = np.array(losses)
    finite = np.isfinite(values)
    values = values[: len(values) if finite.all() else int(finite.argmin())]
    if not len(values):
        raise ValueError("The loss is NaN or infinite from the first step on.")
    rates = min_rate * factor ** np.arange(len(values))
    smooth = _smoothed(values, max(1, steps // _PER_WINDOW))
    least = int(smooth.argmin())
    if least == 0 and smooth[-1] > smooth[0] * _DIVERGED:
        warn(
            f"The loss rises from the first rate on: begin with a smaller one than {min_rate:g}, "
            "or scale the targets."
        )
    return LearningRateSweep(rates, values, smooth, float(rates[least]) / _BELOW_THE_LEAST)


def _trial(model: Any, rate: float, factor: float) -> Any:
    """A copy of the model whose optimizer raises the rate by itself, so that steps stay native."""
    from pronghorn.optimizers.schedules import ExponentialDecay

    model._need_compiled("find_learning_rate")
    trial = copy.deepcopy(model)
    config = trial.optimizer.get_config() | {"learning_rate": ExponentialDecay(rate, 1, factor)}
    optimizer = type(trial.optimizer).from_config(config)
    compiled = trial._compiled.arguments | {"metrics": None, "weighted_metrics": None}
    trial.compile(**compiled | {"optimizer": optimizer})
    if model.optimizer.built:
        optimizer.build(trial._trained_variables())
    return trial


def _recorder(losses: list[float], steps: int) -> Any:
    """A callback that appends the loss of each batch, and ends when it has diverged."""
    from pronghorn.callbacks import Callback  # which stands above this package

    class Recorder(Callback):
        least = np.inf

        def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
            self.metrics = self.model.metrics

        def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            for metric in self.metrics:
                metric.reset_state()  # for the loss of this batch, not the mean of the epoch

        def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            if "loss" not in (logs or {}):
                raise ValueError(f"The model logs no `loss` to go by. Its logs: {list(logs or {})}")
            losses.append(float((logs or {})["loss"]))
            if len(losses) >= _MEDIAN:
                recent = float(np.median(losses[-_MEDIAN:]))
                self.least = min(self.least, recent)
                if not recent <= _DIVERGED * self.least:
                    self.model.stop_training = True
            if len(losses) == steps or not np.isfinite(losses[-1]):
                self.model.stop_training = True

    return Recorder()


def _smoothed(values: np.ndarray, width: int) -> np.ndarray:
    """Running medians, against single strange batches, averaged by a Gaussian of `width` steps.

    Both look ahead as far as back, so that the least value is not found too late.
    """
    padded = np.pad(values, _MEDIAN // 2, mode="edge")
    medians = np.median(np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN), axis=-1)
    reach = np.arange(-3 * width, 3 * width + 1)
    weights = np.exp(-0.5 * (reach / width) ** 2)
    here = slice(3 * width, 3 * width + len(values))
    sums = np.convolve(medians, weights)[here]
    return sums / np.convolve(np.ones(len(values)), weights)[here]
