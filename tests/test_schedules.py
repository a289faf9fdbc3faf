"""Every schedule starts with the whole learning rate and never leaves 0 to 1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.schedules import SCHEDULES, constant, cosine

every_schedule = pytest.mark.parametrize("name", SCHEDULES)
progress = st.floats(0, 1)


@every_schedule
@given(at=progress)
def test_a_share_of_the_learning_rate_is_used(name, at):
    assert 0 <= SCHEDULES[name](at) <= 1


@every_schedule
def test_the_first_step_has_the_whole_learning_rate(name):
    assert SCHEDULES[name](0.0) == 1


@given(at=progress)
def test_constant_never_changes(at):
    assert constant(at) == 1


@given(one=progress, other=progress)
def test_cosine_falls_symmetrically_from_1_to_0(one, other):
    early, late = sorted((one, other))
    assert cosine(early) >= cosine(late)
    assert cosine(one) + cosine(1 - one) == pytest.approx(1)
    assert (cosine(0.5), cosine(1)) == (pytest.approx(0.5), pytest.approx(0))
