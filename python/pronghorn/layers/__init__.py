# SPDX-License-Identifier: Apache-2.0
"""Layers: what models are made of."""

from pronghorn.layers.activation import Activation as Activation
from pronghorn.layers.activity_regularization import (
    ActivityRegularization as ActivityRegularization,
)
from pronghorn.layers.alpha_dropout import AlphaDropout as AlphaDropout
from pronghorn.layers.batch_normalization import BatchNormalization as BatchNormalization
from pronghorn.layers.category_encoding import CategoryEncoding as CategoryEncoding
from pronghorn.layers.dense import Dense as Dense
from pronghorn.layers.discretization import Discretization as Discretization
from pronghorn.layers.dot import Dot as Dot
from pronghorn.layers.dot import dot as dot
from pronghorn.layers.dropout import Dropout as Dropout
from pronghorn.layers.einsum_dense import EinsumDense as EinsumDense
from pronghorn.layers.elu import ELU as ELU
from pronghorn.layers.embedding import Embedding as Embedding
from pronghorn.layers.flatten import Flatten as Flatten
from pronghorn.layers.gaussian_dropout import GaussianDropout as GaussianDropout
from pronghorn.layers.gaussian_noise import GaussianNoise as GaussianNoise
from pronghorn.layers.group_normalization import GroupNormalization as GroupNormalization
from pronghorn.layers.hashed_crossing import HashedCrossing as HashedCrossing
from pronghorn.layers.hashing import Hashing as Hashing
from pronghorn.layers.identity import Identity as Identity
from pronghorn.layers.input_layer import Input as Input
from pronghorn.layers.input_layer import InputLayer as InputLayer
from pronghorn.layers.input_spec import InputSpec as InputSpec
from pronghorn.layers.integer_lookup import IntegerLookup as IntegerLookup
from pronghorn.layers.lambda_layer import Lambda as Lambda
from pronghorn.layers.layer import LAYERS
from pronghorn.layers.layer import Layer as Layer
from pronghorn.layers.layer_normalization import LayerNormalization as LayerNormalization
from pronghorn.layers.leaky_relu import LeakyReLU as LeakyReLU
from pronghorn.layers.masking import Masking as Masking
from pronghorn.layers.merge import Add as Add
from pronghorn.layers.merge import Average as Average
from pronghorn.layers.merge import Concatenate as Concatenate
from pronghorn.layers.merge import Maximum as Maximum
from pronghorn.layers.merge import Minimum as Minimum
from pronghorn.layers.merge import Multiply as Multiply
from pronghorn.layers.merge import Subtract as Subtract
from pronghorn.layers.merge import add as add
from pronghorn.layers.merge import average as average
from pronghorn.layers.merge import concatenate as concatenate
from pronghorn.layers.merge import maximum as maximum
from pronghorn.layers.merge import minimum as minimum
from pronghorn.layers.merge import multiply as multiply
from pronghorn.layers.merge import subtract as subtract
from pronghorn.layers.normalization import Normalization as Normalization
from pronghorn.layers.permute import Permute as Permute
from pronghorn.layers.prelu import PReLU as PReLU
from pronghorn.layers.relu import ReLU as ReLU
from pronghorn.layers.repeat_vector import RepeatVector as RepeatVector
from pronghorn.layers.rescaling import Rescaling as Rescaling
from pronghorn.layers.reshape import Reshape as Reshape
from pronghorn.layers.reversible_embedding import ReversibleEmbedding as ReversibleEmbedding
from pronghorn.layers.rms_normalization import RMSNormalization as RMSNormalization
from pronghorn.layers.softmax import Softmax as Softmax
from pronghorn.layers.spectral_normalization import SpectralNormalization as SpectralNormalization
from pronghorn.layers.string_lookup import StringLookup as StringLookup
from pronghorn.layers.unit_normalization import UnitNormalization as UnitNormalization
from pronghorn.layers.wrapper import Wrapper as Wrapper

serialize = LAYERS.serialize
deserialize = LAYERS.deserialize

__all__ = [
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "CategoryEncoding",
    "Concatenate",
    "Dense",
    "Discretization",
    "Dot",
    "Dropout",
    "ELU",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "IntegerLookup",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "ReversibleEmbedding",
    "Softmax",
    "SpectralNormalization",
    "StringLookup",
    "Subtract",
    "UnitNormalization",
    "Wrapper",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]
