# SPDX-License-Identifier: Apache-2.0
"""Models: layers that can be trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pronghorn._lazy import lazy
from pronghorn.models.clone import clone_model as clone_model
from pronghorn.models.functional import Functional as Functional
from pronghorn.models.json import model_from_json as model_from_json
from pronghorn.models.model import Model as Model
from pronghorn.models.sequential import Sequential as Sequential

if TYPE_CHECKING:
    from pronghorn.models._cross_validate import CrossValidation as CrossValidation
    from pronghorn.models._cross_validate import cross_validate as cross_validate
    from pronghorn.models._ensemble import ensemble as ensemble
    from pronghorn.models._fit_many import fit_many as fit_many
    from pronghorn.saving.model_files import load_model as load_model
    from pronghorn.saving.model_files import save_model as save_model

__getattr__, __dir__ = lazy(
    __name__,
    {
        "CrossValidation": "._cross_validate",
        "cross_validate": "._cross_validate",
        "ensemble": "._ensemble",
        "fit_many": "._fit_many",
        "load_model": "..saving",
        "save_model": "..saving",
    },
)

__all__ = [
    "CrossValidation",
    "Functional",
    "Model",
    "Sequential",
    "clone_model",
    "cross_validate",
    "ensemble",
    "fit_many",
    "load_model",
    "model_from_json",
    "save_model",
]
