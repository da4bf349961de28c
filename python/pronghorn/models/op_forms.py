# SPDX-License-Identifier: Apache-2.0
"""Ops in functional models, in the form that Keras has for them in files.

In Keras an op is a layer-like object of a class of its own (`Multiply`, `GetItem`): some arguments
of the function belong to the object and stand in its config, the others to the call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pronghorn import ops
from pronghorn.layers.operation import Operation

# Module in Keras -> arguments of the call, in order -> classes. All other arguments of the function
# belong to the object. A test compares this with what `tests/fixtures/record_op_forms.py` records.
FORMS: dict[str, dict[str, str]] = {
    "core": {
        "inputs start_indices": "Slice",
        "inputs start_indices updates": "SliceUpdate",
        "inputs indices updates": "ScatterUpdate",
        "indices values": "Scatter",
        "variable": "StopGradient",
        "x": "Cast ConvertToTensor SaturateCast Unstack",
    },
    "linalg": {
        "a b": "Lstsq Solve SolveTriangular",
        "x": "Cholesky CholeskyInverse Det Eig Eigh Inv LuFactor MatrixRank Norm Pinv Qr SVD",
    },
    "math": {
        "data segment_ids": "SegmentMax SegmentMin SegmentProd SegmentSum",
        "targets predictions": "InTopK",
        "x": "Erf Erfc Erfinv ExtractSequences Logdet Logsumexp Rsqrt TopK",
        "x y": "CDist",
    },
    "nn": {
        "inputs": "MultiHot",
        "target output": "BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy",
        "query key value bias mask scale": "DotProductAttention",
        "x": "Celu Elu Gelu Glu HardShrink HardSigmoid HardSilu HardTanh LeakyRelu LogSigmoid "
        "LogSoftmax Moments Normalize OneHot Relu Relu6 Selu Sigmoid Silu SoftShrink Softmax "
        "Softplus Softsign SparsePlus SparseSigmoid Sparsemax Squareplus TanhShrink Threshold",
        "x gamma beta": "LayerNorm",
        "x mean variance offset scale": "BatchNorm",
        "x scale": "RMSNorm",
        "x1 x2": "PSNR",
    },
    "numpy": {
        "a": "Diff",
        "array": "Rot90",
        "condition x1 x2": "Where",
        "condlist choicelist default": "Select",
        "fill_value": "Full",
        "indices": "UnravelIndex",
        "operands": "Einsum",
        "sorted_sequence values": "SearchSorted",
        "start stop": "Geomspace Linspace Logspace",
        "start stop step": "Arange",
        "x": "Abs Absolute All Amax Amin Angle Any Arccos Arccosh Arcsin Arcsinh Arctan Arctanh "
        "Argmax Argmin Argpartition Argsort Array ArraySplit Bincount BitwiseInvert BitwiseNot "
        "BroadcastTo Cbrt Ceil Clip Conj Conjugate Copy Corrcoef Cos Cosh CountNonzero Cumprod "
        "Cumsum Deg2rad Diag Diagflat Diagonal Dsplit EmptyLike Exp Exp2 ExpandDims Expm1 Fabs "
        "Flip Fliplr Flipud Floor Histogram Hsplit I0 Imag Isfinite Isinf Isnan Isneginf "
        "Isposinf Isreal Log Log10 Log1p Log2 LogicalNot Max Mean Median Meshgrid Min Moveaxis "
        "NanToNum Nanargmax Nanargmin Nancumprod Nancumsum Nanmax Nanmean Nanmedian Nanmin "
        "Nanprod Nanstd Nansum Nanvar Ndim Negative Nonzero OnesLike Prod Ptp Rad2deg Ravel "
        "Real Reciprocal Repeat Reshape Roll Round Sign Signbit Sin Sinc Sinh Size Slogdet Sort "
        "Split Sqrt Square Squeeze Stack Std Sum Swapaxes Tan Tanh Tile Trace Transpose Tril "
        "Triu Trunc Unique Vander Var View Vsplit ZerosLike",
        "x bins": "Digitize",
        "x constant_values": "Pad",
        "x fill_value": "FullLike",
        "x indices": "Take TakeAlongAxis",
        "x key": "GetItem",
        "x q": "Nanpercentile Nanquantile Percentile Quantile",
        "x weights": "Average",
        "x y": "BitwiseAnd BitwiseLeftShift BitwiseOr BitwiseRightShift BitwiseXor LeftShift "
        "RightShift",
        "x1 x2": "Add AllClose Append Arctan2 Correlate Cross Divide DivideNoNan Dot Equal "
        "FloorDivide Fmax Fmin Fmod Gcd Greater GreaterEqual Heaviside Hypot Inner IsIn Kron Lcm "
        "Ldexp Less LessEqual Logaddexp Logaddexp2 LogicalAnd LogicalOr LogicalXor Matmul Maximum "
        "Minimum Mod Multiply Nextafter NotEqual Outer Power Subtract Tensordot TrueDivide Vdot",
        "x1 x2 rtol atol": "Isclose",
        "xs": "Concatenate Dstack Hstack Vstack",
        "y": "Trapezoid",
    },
}


def _plain(name: str) -> str:
    """`get_item` and `GetItem` are the same."""
    return name.replace("_", "").lower()


# Plain name -> module, class, and the names of the call's arguments.
_BY_NAME = {
    _plain(cls): (f"keras.src.ops.{module}", cls, arguments.split())
    for module, of_module in FORMS.items()
    for arguments, classes in of_module.items()
    for cls in classes.split()
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    _plain(name): value for name, value in vars(ops).items() if inspect.isfunction(value)
}


def form_of(layer: Operation, args: Any, kwargs: Any) -> tuple[dict[str, Any], list[Any], Any]:
    """The form of an op, and what remains as arguments of its call: positional ones and others.

    An op that Keras does not have keeps a form of ours, and all of its arguments.
    """
    from pronghorn._object_form import serialize

    known = _BY_NAME.get(_plain(layer.function.__name__))
    if known is None:
        return serialize(layer), args, kwargs
    module, cls, of_call = known
    try:
        given = dict(inspect.signature(layer.function).bind(*args, **kwargs).arguments)
    except TypeError:
        return serialize(layer), args, kwargs
    positional: list[Any] = []
    for name in of_call:
        if name not in given:
            break
        value = given.pop(name)
        positional += value if name == _variadic(layer.function) else [value]
    named = {name: given.pop(name) for name in of_call if name in given}
    form = {
        "module": module,
        "class_name": cls,
        "config": {"name": layer.name, **serialize(given)},
        "registered_name": cls,
    }
    return form, positional, named


def _variadic(function: Callable[..., Any]) -> str | None:
    """The parameter that takes any number of positional arguments."""
    parameters = inspect.signature(function).parameters.values()
    return next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)


def operation_of(
    entry: Mapping[str, Any],
) -> tuple[Operation, list[Any], dict[str, Any]] | None:
    """The layer for an op in a file, and the arguments that stand in its config: those that come
    before the arguments of the call, and the others by name.

    None if the entry is no op of Keras. Files of Keras's legacy format do not tell the module.
    """
    from pronghorn._object_form import deserialize

    module, cls = entry.get("module"), entry["class_name"]
    if module is None and "trainable" in entry["config"]:  # the layer `Add`, not the op
        return None
    if module is not None and not str(module).startswith("keras.src.ops."):
        return None
    function = FUNCTIONS.get(_plain(cls)) if _plain(cls) in _BY_NAME else None
    if function is None:
        if module is None:
            return None
        raise ValueError(f"The file has an op {cls!r} of {module}, which is not there")
    config = {key: value for key, value in entry["config"].items() if key != "name"}
    # Layers have these keys; ops have them only if the function has an argument of that name.
    known = inspect.signature(function).parameters
    given = deserialize(
        {k: v for k, v in config.items() if k in known or k not in ("trainable", "dtype")}
    )
    variadic, first = _variadic(function), []
    if variadic is not None:
        ahead = list(known)[: list(known).index(variadic)]
        first = [given.pop(name) for name in ahead if name in given]
    return Operation(function, name=entry["config"].get("name")), first, given
