# SPDX-License-Identifier: Apache-2.0
"""Predictions in microseconds: everything that can be settled beforehand is."""

from __future__ import annotations

from typing import Any

import numpy as np

from pronghorn._structure import flatten, is_nested
from pronghorn.training.data import as_data
from pronghorn.training.step import Step, build


class Predictor:
    """A model's prediction for data of one shape. Made by `model.predictor(x)`.

    It sees the weights as they are when it is called, and may be called from several threads. After
    a change of the model's structure it goes on with the old one.

    Args:
        model: any model.
        x: an example of what will come, with the rows of one prediction: an array, or a list, tuple
            or dict of them.

    Raises:
        TypeError, ValueError: for data that the model does not take.

    Example:
    >>> import numpy as np, pronghorn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> x = np.ones((1, 2), "float32")
    >>> predict = model.predictor(x)
    >>> y = predict(x)
    >>> predict(2 * x, out=y) is y
    True
    """

    def __init__(self, model: Any, x: Any) -> None:
        data = as_data(x, model=model)
        build(model, data)
        self._model = model
        self._step = model._steps.get(model, "predict", data.rows, data)
        # What needs no conversion at all is an array like the example, if that needed none.
        is_compiled = isinstance(self._step, Step)
        as_given = is_compiled and len(data.arrays) == 1 and data.arrays[0] is x
        self._direct = as_given and not is_nested(self._step.outputs)
        self._program: Any = self._step.program if self._direct else None
        self._dtype = data.arrays[0].dtype

    def __call__(self, x: Any, out: Any = None) -> Any:
        """The prediction.

        Args:
            x: data of the shape of the example; any numeric dtype and strides (fastest: those of
                the example).
            out: C-contiguous array to write the prediction into, or several in the structure of the
                model's output, so that nothing is allocated.

        Returns:
            The prediction as a new array (in the structure of the model's output), or `out`.

        Raises:
            ValueError: for an array of another shape, or an `out` of another shape or dtype.
        """
        if self._direct and type(x) is np.ndarray and x.dtype == self._dtype:
            if out is None:
                return self._program.run([x])[0]
            self._program.run_into(x, out)
            return out
        arrays = as_data(x, model=self._model).arrays
        if out is None:
            return self._step.predict(arrays)
        self._step.run(arrays, flatten(out))
        return out
