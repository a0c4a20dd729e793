"""The closed form of Theorem 1, against networks run on grid points one by one and interpolation written out by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from lsviewer.core.files import Files
from lsviewer.core.pattern import BuiltinPattern
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu, Tanh
from lsviewer.engine.losses import Cauchy, CrossEntropy, Labels, Loss, PseudoHuber, Squared, SquaredHinge
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns.construction import (
    Plan,
    Planted,
    digits_of,
    finest_grid,
    make_plan,
    plant,
    rounded,
    second_differences,
)
from lsviewer.experiments.patterns.goal import BEND, Goal, make_goal, risk
from lsviewer.experiments.patterns.measures import psnr
from lsviewer.experiments.patterns.planter import Planter, in_dtype
from lsviewer.experiments.patterns.separable import grid_axes, middles, separable

CPU = torch.device("cpu")
INPUTS = 5


def labels(classes: int = 4, samples: int = 90) -> Labels:
    return Labels(torch.arange(samples).square() % 13 % classes, classes)


def goal_of(loss: Loss | None = None, amplitude: float = 1.0) -> Goal:
    return make_goal(loss or CrossEntropy(), labels(), amplitude)


def noise(grid: int, z: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((grid,) * z)


def planted(pattern: np.ndarray, hidden: tuple[int, ...], dtype: torch.dtype, goal: Goal | None = None,
            ) -> tuple[Mlp, Plan, Planted]:  # fmt: skip
    network = Mlp(hidden=hidden)
    goal = goal or goal_of()
    plan = make_plan(network, pattern.ndim, len(pattern))
    heights = goal.heights(torch.tensor(pattern))
    found = plant(plan, network, INPUTS, 4, goal, heights, digits_of(dtype))
    return network, plan, in_dtype(found, dtype, CPU)


def loss_at(network: Mlp, found: Planted, alpha: tuple[float, ...], loss: Loss) -> float:
    """The mean loss at one point: a network of torch layers with random inputs, and the labels one by one."""
    known = labels()
    module = network.build(INPUTS, 4, dtype=found.origin["0.bias"].dtype)
    module.load_state_dict(found.origin)
    first = module[0]
    assert isinstance(first, nn.Linear)
    with torch.no_grad():
        bias = first.bias.double()
        for step, direction in zip(alpha, found.directions, strict=True):
            bias = bias + step * direction["0.bias"].double()
        first.bias.copy_(bias)
        x = torch.randn(len(known.y), INPUTS, dtype=first.weight.dtype)
        return float(loss(module(x), loss.targets(known)).double().mean())


@pytest.mark.parametrize(
    ("z", "hidden", "variant"),
    [
        (1, (9,), "folded"),
        (1, (9, 9), "accurate"),
        (1, (12, 3, 2), "folded"),
        (2, (18, 18), "folded"),
        (2, (20, 30, 18), "accurate"),
        (2, (18, 18, 2, 1), "folded"),
        (2, (3, 18, 18, 19, 2, 1), "accurate"),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_grid_point_has_the_loss_of_the_pattern(
    z: int, hidden: tuple[int, ...], variant: str, dtype: torch.dtype
) -> None:
    pattern, goal = noise(9, z), goal_of()
    network, plan, found = planted(pattern, hidden, dtype, goal)
    assert plan.variant == variant
    # float32: losses near 5 are rounded at 5e-7; heights of the folded form, with bounds near 2^8 for noise on 9 points, at
    # 2^-17 = 8e-6, times a slope of 1.2. float64: the same, 2^29 times finer.
    tolerance = 2e-5 if dtype == torch.float32 else 1e-13
    for place in np.ndindex(pattern.shape):
        alpha = tuple(k / 8 for k in place)
        assert loss_at(network, found, alpha, CrossEntropy()) == pytest.approx(
            goal.offset + pattern[place], abs=tolerance
        )


def test_the_height_is_bilinear_on_rows_and_half_way_between_them() -> None:
    """Elsewhere each of the two gates of a row is off by at most 1/16 of a step, at a quarter of the way."""
    heights = torch.tensor(noise(7))
    network = Mlp(hidden=(14, 14, 14))
    goal = goal_of()
    found = plant(make_plan(network, 2, 7), network, INPUTS, 4, goal, heights)
    value = separable(network, found.origin, found.directions, torch.float64)
    points = torch.linspace(0, 1, 25, dtype=torch.float64)  # four steps a cell
    outputs = value((points, points))
    measured = ((outputs - goal.base) @ goal.implicit.ray / (goal.high - goal.low)).numpy()
    i = np.arange(25) // 4 - (np.arange(25) == 24)
    w = np.arange(25) / 4 - i
    T = heights.numpy()
    rows = T[i] * (1 - w)[:, None] + T[i + 1] * w[:, None]
    expected = rows[:, i] * (1 - w) + rows[:, i + 1] * w
    assert np.abs(measured - expected)[w % 0.5 == 0].max() < 1e-12
    assert np.abs(measured - expected).max() <= 0.125


@pytest.mark.parametrize("loss", [CrossEntropy(), Squared(), PseudoHuber(), Cauchy(), SquaredHinge()])
@pytest.mark.parametrize("amplitude", [0.01, 1.0, 20.0])
def test_between_grid_points_the_loss_of_any_pattern_is_its_interpolant(loss: Loss, amplitude: float) -> None:
    pattern = (noise(12) > 0.5).astype(float)  # full steps everywhere: the worst case for a bent sigma
    goal = make_goal(loss, labels(), amplitude)
    # 40 dB, but for a loss that grows like a logarithm and has to climb far.
    assert goal.bend <= BEND or (isinstance(loss, Cauchy) and amplitude >= 1)
    network, _, found = planted(pattern, (24, 24, 24), torch.float64, goal)
    losses = risk(loss, labels())(
        separable(network, found.origin, found.directions, torch.float64)(middles(12, 2))
    ).numpy()
    corners = (pattern[1:, 1:] + pattern[:-1, 1:] + pattern[1:, :-1] + pattern[:-1, :-1]) / 4
    assert psnr(losses - goal.offset - amplitude * corners, amplitude) >= -20 * np.log10(goal.bend) - 1e-6


@pytest.mark.parametrize(("hidden", "least"), [((256, 256, 288, 64), 100), ((256, 256, 256), 100), ((256, 256), 75)])
@pytest.mark.parametrize("name", ["photo", "glyph"])
def test_a_picture_of_128_points_reaches_the_promised_figures_in_float32(
    hidden: tuple[int, ...], least: float, name: str
) -> None:
    pattern, goal = BuiltinPattern(name=name).values(Files(), 128), goal_of()
    network, _, found = planted(pattern, hidden, torch.float32, goal)
    mean = risk(CrossEntropy(), labels())
    losses = mean(separable(network, found.origin, found.directions, torch.float32)(grid_axes(128, 2))).numpy()
    assert psnr(losses - pattern - (losses - pattern).mean(), 1.0) >= least


def test_sums_over_folded_knots_are_exact_in_any_order() -> None:
    heights = rounded(torch.tensor(noise(40)), 24)
    weights = (heights @ second_differences(40)).float()
    knots = torch.relu(torch.arange(40.0)[:, None] - torch.arange(-1.0, 39.0))
    for order in (torch.arange(40), torch.arange(39, -1, -1), torch.randperm(40)):
        total = torch.zeros(40, 40)
        for j in order:
            total = total + weights[:, j, None] * knots[:, j]
        assert torch.equal(total.double(), heights)


def test_rounding_keeps_floor_and_top_of_the_pattern() -> None:
    heights = rounded(torch.tensor([[0.0, 1.0, 0.3, 1.0]], dtype=torch.float64), 24)
    assert heights[0, 0] == 0.0
    assert heights[0, 1] == heights[0, 3] == 1.0


@pytest.mark.parametrize(
    ("hidden", "z", "sentence"),
    [
        ((128, 128, 128), 2, "hidden 1 has 128 units, this grid needs 256; the finest grid that fits is 64"),
        ((256, 100), 2, "hidden 2 has 100 units, this grid needs 256; the finest grid that fits is 50"),
        ((300, 3), 2, "hidden 2 has 3 units, this grid needs 256; no grid fits"),
        ((127,), 1, "hidden 1 has 127 units, this grid needs 128; the finest grid that fits is 127"),
        ((256,), 2, "field 'network.hidden' has 1 hidden layer, a pattern with 2 axes needs at least 2"),
        ((), 1, "field 'network.hidden' has 0 hidden layers, a pattern with 1 axis needs at least 1"),
        ((400, 256, 256), 3, "hidden 2 has 256 units, this grid needs 32896; the finest grid that fits is 11"),
        ((256, 256, 256), 4, "field 'pattern' has 4 axes: the closed form is built for one, two and three axes"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_with_the_numbers(
    hidden: tuple[int, ...], z: int, sentence: str
) -> None:
    with pytest.raises(SpecError) as refusal:
        make_plan(Mlp(hidden=hidden), z, 128)
    assert str(refusal.value) == sentence


def test_other_activations_are_sent_to_training() -> None:
    with pytest.raises(SpecError, match="'tanh'.*choose relu, or method 'train'"):
        make_plan(Mlp(hidden=(256, 256), activation=Tanh()), 2, 128)
    assert make_plan(Mlp(hidden=(256, 256), activation=Relu()), 2, 128).variant == "folded"


@pytest.mark.parametrize("hidden", [(40, 33), (7, 40, 30), (1, 40, 40), (3, 2, 41, 43, 9)])
@pytest.mark.parametrize("z", [1, 2])
def test_the_finest_grid_fits_and_the_next_does_not(hidden: tuple[int, ...], z: int) -> None:
    finest = finest_grid(Mlp(hidden=hidden), z)
    make_plan(Mlp(hidden=hidden), z, finest)
    with pytest.raises(SpecError):
        make_plan(Mlp(hidden=hidden), z, finest + 1)


def test_directions_move_first_layer_biases_only_and_each_bias_once() -> None:
    _, _, found = planted(noise(6), (20, 12, 12, 4), torch.float64)
    assert all(set(direction) == {"0.bias"} for direction in found.directions)
    moved = torch.stack([direction["0.bias"] != 0 for direction in found.directions]).sum(0)
    assert moved.tolist() == [1] * 12 + [0] * 8
    assert not found.origin["0.weight"].any()


@pytest.mark.parametrize("hidden", [(40, 40, 40, 3), (40, 40)])
def test_a_stroke_gives_the_same_section_as_planting_anew(hidden: tuple[int, ...]) -> None:
    network, goal = Mlp(hidden=hidden), goal_of()
    mean = risk(CrossEntropy(), labels())

    def planter() -> Planter:
        return Planter(make_plan(network, 2, 20), network, INPUTS, 4, goal, mean, torch.float32, CPU)

    live, pattern = planter(), np.zeros((20, 20))
    assert np.ptp(live.show(pattern)) == 0.0
    for column in (3, 7, 4):
        pattern = pattern.copy()
        pattern[5:9, column : column + 2] = 0.1 * column
        shown = live.show(pattern)
        assert np.abs(shown - goal.offset - pattern).max() < 2e-5
        # Column by column and all at once take the sums in blocks of another size: float32 rounding of losses near 5.
        assert np.abs(shown - planter().show(pattern)).max() < 2e-6


def test_outputs_that_depend_on_the_input_are_refused() -> None:
    network, _, found = planted(noise(4), (8, 8, 8), torch.float64)
    found.origin["0.weight"][0, 0] = 1e-3
    with pytest.raises(ValueError, match="weights into layer 1 are not 0"):
        separable(network, found.origin, found.directions, torch.float64)
