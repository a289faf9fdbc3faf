"""Every schedule uses the whole learning rate somewhere and never leaves 0 to 1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.schedules import constant, cosine
from network.training.schedules import SCHEDULES, one_cycle, warm_cosine

every_schedule = pytest.mark.parametrize("name", SCHEDULES)
progress = st.floats(0, 1)


@every_schedule
@given(at=progress)
def test_a_share_of_the_learning_rate_is_used(name, at):
    assert 0 <= SCHEDULES[name](at) <= 1


@every_schedule
def test_some_step_has_the_whole_learning_rate_and_the_last_has_little(name):
    shares = [SCHEDULES[name](i / 1000) for i in range(1001)]
    assert max(shares) == pytest.approx(1, abs=1e-4)
    assert shares[-1] <= 0.01 or name == "constant"


@every_schedule
def test_the_first_step_is_a_step(name):
    assert SCHEDULES[name](0) >= 1 / 25


@pytest.mark.parametrize(("rise", "peak"), [(warm_cosine, 0.05), (one_cycle, 0.3)])
def test_a_rate_rises_to_its_peak_and_then_falls(rise, peak):
    shares = [rise(i / 1000) for i in range(1001)]
    top = shares.index(max(shares))
    assert top == pytest.approx(1000 * peak, abs=1)
    assert shares[: top + 1] == sorted(shares[: top + 1])
    assert shares[top:] == sorted(shares[top:], reverse=True)


@given(at=progress)
def test_constant_never_changes(at):
    assert constant(at) == 1


@given(one=progress, other=progress)
def test_cosine_falls_symmetrically_from_1_to_0(one, other):
    early, late = sorted((one, other))
    assert cosine(early) >= cosine(late)
    assert cosine(one) + cosine(1 - one) == pytest.approx(1)
    assert (cosine(0.5), cosine(1)) == (pytest.approx(0.5), pytest.approx(0))
