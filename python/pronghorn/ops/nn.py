# SPDX-License-Identifier: Apache-2.0
"""What neural networks need: activations and cross-entropies, under the names of `keras.ops`."""

from __future__ import annotations

from pronghorn.ops._cross_entropies import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from pronghorn.ops._normalizations import (
    batch_normalization,
    dot_product_attention,
    layer_normalization,
    multi_hot,
    psnr,
    rms_normalization,
)
from pronghorn.ops._norms import normalize
from pronghorn.ops._rectifiers import (
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    relu6,
    soft_shrink,
    sparse_plus,
    sparse_sigmoid,
    threshold,
)
from pronghorn.ops._reductions import moments
from pronghorn.ops._smooth_activations import (
    celu,
    elu,
    gelu,
    glu,
    log_sigmoid,
    mish,
    selu,
    silu,
    softsign,
    squareplus,
    tanh_shrink,
)
from pronghorn.ops._sparsemax import sparsemax
from pronghorn.ops.core import log_softmax, relu, sigmoid, softmax, softplus
from pronghorn.ops.shape import one_hot

hard_swish = hard_silu
swish = silu

__all__ = [
    "batch_normalization",
    "binary_crossentropy",
    "categorical_crossentropy",
    "celu",
    "dot_product_attention",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "layer_normalization",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "moments",
    "multi_hot",
    "normalize",
    "one_hot",
    "psnr",
    "relu",
    "relu6",
    "rms_normalization",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
]
