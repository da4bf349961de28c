# SPDX-License-Identifier: Apache-2.0
"""Layers: what models are made of."""

from pronghorn.layers.activation import Activation as Activation
from pronghorn.layers.category_encoding import CategoryEncoding as CategoryEncoding
from pronghorn.layers.dense import Dense as Dense
from pronghorn.layers.discretization import Discretization as Discretization
from pronghorn.layers.dropout import Dropout as Dropout
from pronghorn.layers.flatten import Flatten as Flatten
from pronghorn.layers.hashed_crossing import HashedCrossing as HashedCrossing
from pronghorn.layers.hashing import Hashing as Hashing
from pronghorn.layers.identity import Identity as Identity
from pronghorn.layers.input_layer import Input as Input
from pronghorn.layers.input_layer import InputLayer as InputLayer
from pronghorn.layers.input_spec import InputSpec as InputSpec
from pronghorn.layers.integer_lookup import IntegerLookup as IntegerLookup
from pronghorn.layers.layer import Layer as Layer
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
from pronghorn.layers.rescaling import Rescaling as Rescaling
from pronghorn.layers.reshape import Reshape as Reshape
from pronghorn.layers.string_lookup import StringLookup as StringLookup

__all__ = [
    "Activation",
    "Add",
    "Average",
    "CategoryEncoding",
    "Concatenate",
    "Dense",
    "Discretization",
    "Dropout",
    "Flatten",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "IntegerLookup",
    "Layer",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "Reshape",
    "Rescaling",
    "StringLookup",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]
