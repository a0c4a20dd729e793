"""The numerical counterexample to theorem 5.3 for k = L - 2: every printed hypothesis holds, and Phi is not minimal.

N = 9, d = 2, m = 3, three hidden units, identity output, squared hinge, one C^1 strictly increasing activation of cubic
Hermite pieces. In float64: a numerical counterexample, no proof. The checker reports separability and stops.
"""

import pytest
import torch
from torch import Tensor

from lsviewer.core.claims import Verdict
from lsviewer.core.jobs import finish
from lsviewer.engine.batched_descent import descend
from lsviewer.engine.separability import classes_of, separate_all
from lsviewer.experiments.wide_layers import verdicts
from lsviewer.experiments.wide_layers.counterexample import Hermite, load
from lsviewer.experiments.wide_layers.findings import examine
from lsviewer.experiments.wide_layers.setting import Problem


@pytest.fixture
def posed() -> tuple[Problem, Tensor]:
    return load()


def test_the_activation_is_c1_and_strictly_increasing(posed: tuple[Problem, Tensor]) -> None:
    sigma = posed[0].stack.activation
    assert isinstance(sigma, Hermite)
    # a Hermite piece rises strictly if its slopes are positive and at most 3 times the secant (Fritsch and Carlson 1980)
    secant = sigma.v.diff() / sigma.x.diff()
    assert float(sigma.s.min()) > 0
    assert bool((sigma.s[:-1] <= 3 * secant * (1 + 1e-12)).all()) and bool(
        (sigma.s[1:] <= 3 * secant * (1 + 1e-12)).all()
    )


def test_every_hypothesis_holds_phi_is_13_and_the_checker_does_not_say_global(posed: tuple[Problem, Tensor]) -> None:
    problem, theta = posed
    found, _ = finish(examine(problem, theta, (0,)))
    assert found.phi == pytest.approx(13.428, abs=1e-3)
    assert found.gradient < 4e-13 and found.critical is True
    assert found.at(0).ranks is True  # W_2 has full column rank
    classes, _ = finish(separate_all(problem.objective.x, classes_of(problem.objective.y), 3))
    assert all(one.separable for one in classes) and min(one.margin for one in classes) > 0.25
    claim = verdicts.theorem_5_3(found, 0, classes)
    assert claim.verdict is Verdict.UNDECIDED and "k ≤ L − 2" in claim.reason, claim.reason


def test_a_probed_activation_is_never_enough(posed: tuple[Problem, Tensor]) -> None:
    assert verdicts.assumption(posed[0]).verdict is not Verdict.HOLDS


def test_the_same_network_reaches_a_lower_loss(posed: tuple[Problem, Tensor]) -> None:
    problem, theta = posed
    noise = torch.randn(40, len(theta), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found, _ = finish(descend(problem.objective, theta + 2.0 * noise, steps=150, stop_below=1e-24))
    assert float(found.values.min()) < 1.0
