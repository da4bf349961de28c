# SPDX-License-Identifier: Apache-2.0
"""Models: layers that can be trained."""

from pronghorn.models.clone import clone_model as clone_model
from pronghorn.models.functional import Functional as Functional
from pronghorn.models.json import model_from_json as model_from_json
from pronghorn.models.model import Model as Model
from pronghorn.models.sequential import Sequential as Sequential

__all__ = ["Functional", "Model", "Sequential", "clone_model", "model_from_json"]
