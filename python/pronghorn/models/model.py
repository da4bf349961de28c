# SPDX-License-Identifier: Apache-2.0
"""Model: a layer that can be trained, evaluated, applied to data sets, and stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from typing import Any

import numpy as np

from pronghorn._configurable import FAMILIES, Family
from pronghorn._structure import map_leaves
from pronghorn.backend import KerasTensor, NoValueError
from pronghorn.layers.call_context import name_scope
from pronghorn.layers.layer import Layer
from pronghorn.layers.shapes import map_shape_leaves
from pronghorn.layers.symbolic import call_symbolically
from pronghorn.layers.tracking import unchanged_on_error
from pronghorn.training.trainer import Trainer

MODELS = Family("model", "keras", functions_first=False)
FAMILIES["keras.models"] = MODELS  # both stand in files


class Model(Trainer, Layer, family=MODELS):
    """A network: made from inputs and outputs, or by subclassing.

    `Model(inputs, outputs)` is a functional model: inputs come from `Input`, outputs from layers
    called on them. A subclass creates its layers in `__init__` and applies them in `call`.

    Args:
        inputs: tensor from `Input`, or a list, tuple or dict of them.
        outputs: tensor(s) computed from them, in any such structure.
        name: of the model.
        trainable: whether its weights are trained.

    Raises:
        ValueError: an output does not depend on the inputs alone.

    Example:

    >>> import numpy as np, pronghorn as keras
    >>> wide, deep = keras.Input((2,), name="wide"), keras.Input((3,), name="deep")
    >>> hidden = keras.layers.Dense(5, activation="relu")(deep)
    >>> output = keras.layers.Dense(1)(keras.layers.concatenate([wide, hidden]))
    >>> model = keras.Model([wide, deep], output)
    >>> model.predict([np.ones((4, 2)), np.ones((4, 3))], verbose=0).shape
    (4, 1)

    >>> class Twice(keras.Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.dense = keras.layers.Dense(3)
    ...     def call(self, x):
    ...         return 2 * self.dense(x)
    >>> Twice()(np.ones((1, 2))).shape
    (1, 3)
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and (args or "inputs" in kwargs):
            from pronghorn.models.functional import Functional

            return Functional.__new__(Functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args or "inputs" in kwargs:  # a subclass that gives its graph to super().__init__
            from pronghorn.models.functional import Functional

            _insert_base(type(self), Functional)
            Functional.__init__(self, *args, **kwargs)  # type: ignore[arg-type]
            return
        super().__init__(**kwargs)

    # -- structure ------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers directly in this model."""
        return self._sublayers()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of a name, or at a place in `layers`.

        Raises:
            ValueError: there is no such layer; lists those there are.
        """
        if (name is None) == (index is None):
            raise ValueError("Give either `name` or `index`.")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(
                    f"Model {self.name!r} has {len(self.layers)} layers. Received: index={index}"
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"Model {self.name!r} has no layer {name!r}. Its layers are: "
            f"{[layer.name for layer in self.layers]}"
        )

    def build(self, input_shape: Any = None) -> None:
        """Create the weights for inputs of a shape (None, ...), or for a structure of shapes."""
        if input_shape is not None and not self.built and type(self).call is not Model.call:
            x = map_shape_leaves(lambda s: KerasTensor(s, self.dtype), input_shape)
            # A `call` that looks at values makes the weights when it is called on some.
            with suppress(NoValueError), unchanged_on_error(self), name_scope(self):
                self.built = True  # `call` builds what is inside
                self._build_shape = input_shape
                call_symbolically(self.call, [x], {})
        self.built = True

    def _as_input(self, value: Any) -> Any:
        kind = getattr(getattr(value, "dtype", None), "kind", None)  # of a NumPy array or a series
        is_text = self.on_arrays and kind in ("O", "S", "U")
        return np.asarray(value) if is_text else super()._as_input(value)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"Model {type(self).__name__} does not define `call`. Override it, or make the model "
            "from its inputs and outputs."
        )

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: tuple[str, str] | None = None,
    ) -> None:
        """Print the layers, their output shapes and numbers of weights.

        Args:
            line_length: width of the table, that of the terminal by default.
            positions: where the columns end, as increasing shares of the width; the last is 1.
            print_fn: called with the text instead of printing it.
            expand_nested: show the layers of models inside this one.
            show_trainable: show which layers are trained.
            layer_range: names of the first and the last layer to show.
        """
        from pronghorn.models.summary import summary

        text = summary(self, line_length, positions, expand_nested, show_trainable, layer_range)
        (print_fn or print)(text)

    @classmethod
    def from_config(cls, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """A new model from `get_config()`, with new weights.

        Args:
            config: of a model of this class.
            custom_objects: classes and functions of one's own that it names, by their names.
        """
        from pronghorn.saving.registry import CustomObjectScope

        with CustomObjectScope(custom_objects or {}):
            return cls._from_config(config)

    @classmethod
    def _from_config(cls, config: Any) -> Any:
        if cls is Model and "input_layers" in config:
            from pronghorn.models.functional import Functional

            return Functional._from_config(config)
        return super().from_config(config)

    def to_json(self, **kwargs: Any) -> str:
        """The layers and how they are called, and the arguments of `compile`, as JSON text.

        Weights are not part of it. `keras.models.model_from_json` takes it back.

        Args:
            **kwargs: of `json.dumps`, such as `indent=2`.

        Raises:
            TypeError: something in it has no config, for example a lambda.
        """
        import json

        from pronghorn._object_form import serialize

        return json.dumps(serialize(self), **kwargs)

    # -- files ----------------------------------------------------------------------------------

    def save(
        self,
        filepath: str | PathLike[str],
        overwrite: bool = True,
        zipped: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the model to a file: how it is built, weights, how it is compiled, and the state of
        the optimizer. `keras.saving.save_model` tells the arguments.
        """
        from pronghorn.saving.model_files import save_model

        save_model(self, filepath, overwrite, zipped, **kwargs)

    def save_weights(
        self, filepath: str | PathLike[str], overwrite: bool = True, **kwargs: Any
    ) -> None:
        """Write all weights to a file; `keras.saving.save_weights` tells the arguments."""
        from pronghorn.saving.weights import save_weights

        save_weights(self, filepath, overwrite, **kwargs)

    def load_weights(
        self, filepath: str | PathLike[str], skip_mismatch: bool = False, **kwargs: Any
    ) -> None:
        """Read all weights from a file; `keras.saving.load_weights` tells the arguments."""
        from pronghorn.saving.weights import load_weights

        load_weights(self, filepath, skip_mismatch, **kwargs)

    def export(
        self,
        filepath: str | PathLike[str],
        format: str | None = None,
        verbose: Any = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write what the model predicts as an ONNX file, for programs without this library.

        The file takes any number of rows. Its inputs and outputs have the names they have here.
        Random numbers, if the model uses some in prediction, are others there.

        Args:
            filepath: a path that ends in `.onnx`.
            format: "onnx", which the ending says as well.
            verbose: True says where the file is.
            input_signature: a structure of `keras.KerasTensor((None, ...), dtype)` for a model that
                does not declare its inputs; by default they are floats of the shapes it was built
                for.

        Raises:
            ImportError: the package `onnx` is not there.
            NotImplementedError: another format.
            ValueError: the model is not built, its input has an unknown size besides the rows, or
                its formula depends on their number in an unusual way.

        Example:

        >>> import os, tempfile, pronghorn as keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.onnx")
        >>> model.export(path)
        >>> os.path.exists(path)
        True
        """
        from pronghorn.export import export

        export(self, filepath, format, bool(verbose), input_signature)

    # -- shapes ---------------------------------------------------------------------------------

    @property
    def input_shape(self) -> Any:
        """Shape of the input, or the structure of shapes."""
        return _single(map_leaves(lambda t: t.shape, self.inputs))  # type: ignore[attr-defined]

    @property
    def output_shape(self) -> Any:
        """Shape of the output, or the structure of shapes."""
        return _single(map_leaves(lambda t: t.shape, self.outputs))  # type: ignore[attr-defined]


def _single(shapes: Any) -> Any:
    return shapes[0] if isinstance(shapes, list) and len(shapes) == 1 else shapes


def _insert_base(cls: type, base: type) -> None:
    """Puts a base in the place of Model in a class's ancestry, once."""
    if issubclass(cls, base) or cls is Model:
        return
    for parent in cls.__bases__:
        if parent is Model:
            cls.__bases__ = tuple(base if b is Model else b for b in cls.__bases__)
            return
        if issubclass(parent, Model):
            _insert_base(parent, base)
