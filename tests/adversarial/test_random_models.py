# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.adversarial.random_models import Spec, check, specs


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(specs())
def test_a_random_model_trains_the_same_way_fused_unfused_eager_and_in_float64(spec: Spec) -> None:
    check(spec)
