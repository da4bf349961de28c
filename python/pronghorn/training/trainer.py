# SPDX-License-Identifier: Apache-2.0
"""The training half of `Model`: fit, evaluate, predict, and the same by batch."""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from typing import Any

from pronghorn._structure import pack
from pronghorn.backend.settings import max_epochs
from pronghorn.callbacks import CallbackList, History
from pronghorn.distribution import distribution
from pronghorn.random.seed_generator import global_generator
from pronghorn.training import arguments
from pronghorn.training.array_source import ArraySource
from pronghorn.training.batch_source import BatchSource, yields_batches
from pronghorn.training.compilable import Compilable
from pronghorn.training.data import as_data, validation_triple, with_class_weight
from pronghorn.training.logs import as_list, log_values
from pronghorn.training.loop import run_epoch, run_test, run_training
from pronghorn.training.one_thread import one_thread_at_a_time
from pronghorn.training.predictor import Predictor
from pronghorn.training.run import Run
from pronghorn.training.source import array_source
from pronghorn.training.step import run_batch
from pronghorn.training.validation_tail import warn_if_tail_differs


class Trainer(Compilable):
    """Mixin that trains, tests and applies a model natively.

    The classes that mix it in provide `__call__(x, training)`, `losses`, `trainable_variables`,
    `variables`, and, where they declare inputs and outputs, `inputs`, `input_names` and
    `output_names`.
    """

    history: History | None = None
    _run: Run | None = None  # during `fit`
    _preprocessing: Any = None  # what a functional model does with strings before its program

    @one_thread_at_a_time
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Train for a number of epochs.

        Args:
            x: input array `(n, ...)` of any numeric dtype, order and strides (it is not copied; it
                may be a memory map or a data set of h5py), a data frame, a sparse matrix, or a
                list, tuple or dict of them; or a generator, an iterable or a `PyDataset` of
                batches `(x, y)` or `(x, y, sample_weight)`.
            y: targets `(n, ...)` in the structure of the outputs.
            batch_size: rows per step, 32 by default; the last batch of an epoch may have fewer.
            epochs: number of the last epoch.
            verbose: 0 silent, 1 progress bar, 2 one line per epoch; "auto": 1 in a terminal or
                notebook, else 2.
            callbacks: list of callbacks.
            validation_split: share of the last rows to keep for validation, taken before shuffling;
                there is a warning if their targets are clearly unlike the others, as when the rows
                are sorted.
            validation_data: `(x, y)` or `(x, y, sample_weight)` to evaluate after each epoch, or
                batches; nothing is split off then.
            shuffle: whether to visit the rows in a new order in each epoch; "batch" shuffles the
                batches. A function gets the number of an epoch (from 0) and returns the numbers of
                the rows in their order.
            class_weight: class number -> weight of its rows in the loss.
            sample_weight: weight of each row in the loss, `(n,)`; or one array per output.
            initial_epoch: number of the first epoch, from 0, to go on with an earlier run.
            steps_per_epoch: steps an epoch has, if not one pass over the data.
            validation_steps: steps a validation has, if not all of its data.
            validation_batch_size: rows per step of a validation; that of the training by default.
            validation_freq: validate every so many epochs, or after the epochs (from 1) in a list.

        Returns:
            A `History`: `history.history` has a list with one value per epoch for the loss, each
            metric, and their `val_` counterparts.

        Raises:
            NotCompiledError (a RuntimeError and ValueError): if the model is not compiled.
            RuntimeError: another thread is training or testing this model.
            ValueError, TypeError: for data or arguments that do not fit; the model is as it was.

        Example:
        >>> import numpy as np, pronghorn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.random.default_rng(0).normal(size=(100, 2))
        >>> history = model.fit(x, x.sum(axis=1), epochs=3, validation_split=0.2, verbose=0)
        >>> list(history.history)
        ['loss', 'val_loss']
        """
        self._need_compiled("fit")
        batch_size = arguments.positive_int("batch_size", batch_size, default=32)
        epochs = min(arguments.non_negative_int("epochs", epochs), max_epochs() or sys.maxsize)
        initial_epoch = arguments.non_negative_int("initial_epoch", initial_epoch)
        steps = arguments.optional_int("steps_per_epoch", steps_per_epoch)
        test_steps = arguments.optional_int("validation_steps", validation_steps)
        test_size = arguments.positive_int(
            "validation_batch_size", validation_batch_size, batch_size
        )
        frequency = arguments.validation_epochs(validation_freq)
        share = arguments.fraction("validation_split", validation_split)
        if validation_data is not None:
            share = 0.0
        verbose = arguments.verbosity(verbose)

        test_data: Any = None
        if yields_batches(x):
            _refuse(y=y, sample_weight=sample_weight, validation_split=share or None)
            data = x
        else:
            data = as_data(x, y, sample_weight, self)
            if share:
                data, test_data = data.split(share)
                warn_if_tail_differs(data.y, test_data.y, share)
            data = with_class_weight(data, class_weight)
        if validation_data is not None:
            test_data = validation_data
            if not yields_batches(validation_data):
                test_data = as_data(*validation_triple(validation_data), model=self)

        self._warn_of_frozen_weights()
        # Everything is checked and compiled before the first weight changes.
        training = self._source("train", data, batch_size, shuffle, steps, class_weight)
        validation = None
        if test_data is not None:
            validation = self._source("test", test_data, test_size, steps=test_steps)
        params = {"verbose": verbose, "epochs": epochs, "steps": training.steps}
        parallel = distribution()
        if parallel is not None and parallel.rank:  # the first process has the callbacks
            callbacks, params["verbose"] = None, 0
        callbacks = _callback_list(callbacks, self, add_history=True, **params)
        training.seed = global_generator().integer() if shuffle else 0
        together = nullcontext() if parallel is None else parallel.together()
        with together, closing(training), closing(validation or training):
            numbers = range(initial_epoch, epochs)
            run_training(self, training, validation, callbacks, numbers, frequency)
        assert self.history is not None  # set by the list of callbacks
        return self.history

    @one_thread_at_a_time
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Loss and metrics on data the model does not learn from.

        Args:
            x, y, sample_weight, batch_size, verbose, callbacks: as in `fit`.
            steps: only the first so many batches.
            return_dict: return a dict by name instead of a list.

        Returns:
            The loss as a float if there is nothing else; else a list: loss, metrics (for several
            outputs: loss, each output's loss, then the rest by name); or a dict.

        Raises:
            NotCompiledError (a RuntimeError and ValueError): if the model is not compiled.
            ValueError, TypeError: for data that does not fit.

        Example:
        >>> import numpy as np, pronghorn as keras
        >>> model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
        >>> model.compile("sgd", "mse", metrics=["mae"])
        >>> model.evaluate(np.ones((4, 2)), 2 * np.ones(4), verbose=0)
        [4.0, 2.0]
        """
        self._need_compiled("evaluate")
        batch_size = arguments.positive_int("batch_size", batch_size, default=32)
        steps = arguments.optional_int("steps", steps)
        verbose = arguments.verbosity(verbose)
        if yields_batches(x):
            _refuse(y=y, sample_weight=sample_weight)
            data = x
        else:
            data = as_data(x, y, sample_weight, self)
        source = self._source("test", data, batch_size, steps=steps)
        callbacks = _callback_list(callbacks, self, epochs=1, steps=source.steps, verbose=verbose)
        with closing(source):
            values = run_test(self, source, callbacks)
        return values if return_dict else as_list(self, values)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The model's outputs for each row of x.

        Args:
            x, batch_size, verbose, callbacks: as in `fit`.
            steps: only the first so many batches.

        Returns:
            An array `(n, ...)`, or a list, tuple or dict of arrays if the model returns one.

        Example:
        >>> import numpy as np, pronghorn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> model.predict(np.ones((5, 2)), verbose=0).shape
        (5, 3)
        """
        batch_size = arguments.positive_int("batch_size", batch_size, default=32)
        steps = arguments.optional_int("steps", steps)
        verbose = arguments.verbosity(verbose)
        unwatched = verbose == 0 and not callbacks and steps is None
        if unwatched and (step := self._steps.prediction(x)) and len(x) <= batch_size:
            return step.predict([x])
        data = x
        if not yields_batches(x):
            data = as_data(x, model=self)
            if steps is not None:
                data, steps = data.take(slice(0, steps * batch_size)), None
        source = self._source("predict", data, batch_size, steps=steps)
        callbacks = _callback_list(callbacks, self, epochs=1, steps=source.steps, verbose=verbose)
        callbacks.on_predict_begin()
        with closing(source):
            run_epoch(self, source, "predict", callbacks)
        callbacks.on_predict_end()
        if isinstance(source, ArraySource):
            source.remember(x)
        return source.predictions()

    def predictor(self, x: Any) -> Predictor:
        """Prepare predictions of data of one shape, for when microseconds count.

        Args:
            x: an example of what will come, with the rows of one prediction.

        Returns:
            A function `(x, out=None)`; see `Predictor`.

        Raises:
            TypeError, ValueError: for data that the model does not take.

        Example:
        >>> import numpy as np, pronghorn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> predict = model.predictor(np.zeros((1, 2), "float32"))
        >>> predict(np.ones((1, 2), "float32")).shape
        (1, 3)
        """
        return Predictor(self, x)

    @one_thread_at_a_time
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One training step on one batch.

        Returns:
            Loss and metrics of this batch alone, before the step, as `evaluate` returns them.
        """
        self._need_compiled("train_on_batch")
        self._warn_of_frozen_weights()
        data = with_class_weight(as_data(x, y, sample_weight, self), class_weight)
        return self._logs_of_batch("train", data, return_dict)

    @one_thread_at_a_time
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Loss and metrics of one batch alone, as `evaluate` returns them."""
        self._need_compiled("test_on_batch")
        return self._logs_of_batch("test", as_data(x, y, sample_weight, self), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as NumPy arrays."""
        step, outputs = run_batch(self, "predict", as_data(x, model=self))
        return pack(step.outputs, outputs)

    def _logs_of_batch(self, mode: str, data: Any, return_dict: bool) -> Any:
        self.reset_metrics()
        step, _ = run_batch(self, mode, data)
        values = log_values(self, step.logs)
        return values if return_dict else as_list(self, values)

    def _source(
        self,
        mode: str,
        data: Any,
        batch_size: int,
        shuffle: Any = False,
        steps: int | None = None,
        class_weight: Any = None,
    ) -> Any:
        if yields_batches(data):
            if mode == "train" and distribution() is not None:
                raise NotImplementedError(
                    "Distributed training takes arrays (memory maps too), of which each process "
                    f"reads its rows, not batches. Received: x of type {type(data).__name__}"
                )
            return BatchSource(self, mode, data, shuffle, steps, class_weight)
        return array_source(self, mode, data, batch_size, shuffle, steps)


def _callback_list(
    callbacks: Any, model: Any, add_history: bool = False, **params: Any
) -> CallbackList:
    if isinstance(callbacks, CallbackList):
        callbacks = callbacks.callbacks
    return CallbackList(callbacks, add_history, params["verbose"] != 0, model, **params)


def _refuse(**given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"`{name}` cannot be given when `x` yields batches: they bring their own."
            )
