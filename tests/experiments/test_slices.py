"""Three axes in closed form, against a network of torch layers run on grid points one by one and trilinear means by hand."""

from collections.abc import Generator

import numpy as np
import pytest
import torch
from torch import nn

from lsviewer.core.artifacts import Checkpoint, Section
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.pattern import ArrayPattern, BuiltinPattern, FormulaPattern, builtin_names
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import Context
from lsviewer.engine.losses import CrossEntropy, Labels, Squared
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns.construction import digits_of, finest_grid, make_plan, plant
from lsviewer.experiments.patterns.goal import make_goal, risk
from lsviewer.experiments.patterns.planter import in_dtype
from lsviewer.experiments.patterns.separable import middles, separable
from lsviewer.experiments.patterns.theorem1 import Theorem1

CPU = torch.device("cpu")
GRID = 5
WIDTHS = (15, 15, 55, 10)  # 3 G, 3 G, 2 G² + G, 2 G
VOLUMES = ("gyroid", "torus", "blobs", "shells")


def labels() -> Labels:
    return Labels(torch.arange(60).square() % 13 % 4, 4)


def noise(grid: int = GRID) -> np.ndarray:
    return np.random.default_rng(1).random((grid, grid, grid))


def run(spec: Theorem1, context: Context | None = None) -> tuple[list[object], Report]:
    shown: list[object] = []
    job = spec.run(context or Context(device=CPU))

    report: list[Report] = []

    def rest() -> Generator[object, None, None]:
        report.append((yield from job))

    shown.extend(rest())
    return shown, report[0]


@pytest.mark.parametrize(
    ("hidden", "variant"),
    [
        (WIDTHS, "accurate"),
        (WIDTHS[1:], "folded"),
        ((4, 20, *WIDTHS[1:], 3, 1), "accurate"),
        ((15, 60, 10, 1), "folded"),
    ],
)
@pytest.mark.parametrize("loss", [CrossEntropy(), Squared()])
def test_every_grid_point_has_the_loss_of_the_volume(
    hidden: tuple[int, ...], variant: str, loss: CrossEntropy | Squared
) -> None:
    network, pattern, goal = Mlp(hidden=hidden), noise(), make_goal(loss, labels(), 1.0)
    plan = make_plan(network, 3, GRID)
    assert plan.variant == variant
    found = in_dtype(plant(plan, network, 6, 4, goal, goal.heights(torch.tensor(pattern))), torch.float64, CPU)
    module = network.build(6, 4, dtype=torch.float64)
    module.load_state_dict(found.origin)
    first = module[0]
    assert isinstance(first, nn.Linear)
    x, targets = torch.randn(60, 6, dtype=torch.float64), loss.targets(labels())
    for place in np.ndindex(pattern.shape):
        moved = sum((k / (GRID - 1) * d["0.bias"] for k, d in zip(place, found.directions)), found.origin["0.bias"])
        with torch.no_grad():
            first.bias.copy_(moved)
            measured = float(loss(module(x), targets).mean())
        # Losses near 5 in float64; heights of the folded form are rounded at 2^-45.
        assert measured == pytest.approx(goal.offset + pattern[place], abs=1e-12)


def test_in_the_middle_of_a_cell_the_height_is_the_mean_of_its_eight_corners() -> None:
    """One layer of gates alone, `relu(t_ij + hat_i + hat_j - 2)`, is 0 there."""
    goal, network, heights = make_goal(CrossEntropy(), labels(), 1.0), Mlp(hidden=WIDTHS), torch.tensor(noise())
    found = plant(make_plan(network, 3, GRID), network, 6, 4, goal, heights)
    outputs = separable(network, found.origin, found.directions, torch.float64)(middles(GRID, 3))
    measured = ((outputs - goal.base) @ goal.implicit.ray / (goal.high - goal.low)).numpy()
    corners = [noise()[i : i + 4, j : j + 4, k : k + 4] for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    np.testing.assert_allclose(measured, sum(corners) / 8, atol=1e-12)


@pytest.mark.parametrize("broken", [(14, 14, 55, 10), (15, 15, 54, 10), (15, 55, 9), (14, 55, 10)])
def test_one_unit_less_is_refused(broken: tuple[int, ...]) -> None:
    with pytest.raises(SpecError, match="this grid needs .*; the finest grid that fits is 4"):
        make_plan(Mlp(hidden=broken), 3, GRID)


def test_the_finest_grid_follows_the_widest_layer() -> None:
    assert finest_grid(Mlp(hidden=(300, 300, 2080, 64)), 3) == 32
    assert finest_grid(Mlp(hidden=(300, 300, 2079, 64)), 3) == 31
    assert finest_grid(Mlp(hidden=(300, 300)), 3) == 0


def test_a_network_too_narrow_names_the_width_and_the_notes_give_widths_that_fit() -> None:
    spec = Theorem1(pattern=BuiltinPattern(name="gyroid"))
    message = "hidden 2 has 256 units, this grid needs 2080; the finest grid that fits is 11"
    with pytest.raises(SpecError, match=message):
        run(spec)
    assert spec.notes() == (f"H{message[1:]}.", "Widths that fit: 96-96-2080-64.")
    fitting = spec.model_copy(update={"network": Mlp(hidden=(96, 96, 2080, 64))})
    assert fitting.notes() == ("The accurate form; needs 2080 units in layer 3 at this grid, 2080 are there.",)


def test_a_volume_too_large_for_memory_says_how_much_it_would_need() -> None:
    spec = Theorem1(pattern=FormulaPattern(expression="a*b*c"), grid=128, network=Mlp(hidden=(400, 33000, 300)))
    with pytest.raises(SpecError, match=r"three axes of 128 points: .* 4\.0 GB; set field 'grid' to at most 64"):
        run(spec)


@pytest.mark.parametrize("name", VOLUMES)
def test_the_built_in_volumes_are_volumes(name: str) -> None:
    assert name in builtin_names() and BuiltinPattern(name=name).axes == 3
    assert BuiltinPattern(name=name).values(Files()).shape == (32, 32, 32)


def test_the_torus_is_a_ring_that_lies_flat() -> None:
    values = BuiltinPattern(name="torus").values(Files(), 51)
    top = np.argwhere(values > 0.9) / 50 - 0.5
    assert np.abs(top[:, 2]).max() < 0.06
    assert np.hypot(top[:, 0], top[:, 1]) == pytest.approx(0.28, abs=0.05)


def test_sources_know_their_axes() -> None:
    assert [BuiltinPattern(name=name).axes for name in ("cat", "sine", "blobs")] == [2, 1, 3]
    assert FormulaPattern(expression="a + c").axes == 3
    assert FormulaPattern(expression="a", dimensions=2).axes == 2
    assert ArrayPattern(path="some.npy").axes is None


def test_a_gyroid_of_32_points_reaches_100_db_in_float32() -> None:
    """Measured: 129 dB. Losses up to 5.3 in float32 are rounded at 2.4e-7, uniformly: 20 log10(sqrt(12) / 4.8e-7) = 137."""
    goal = make_goal(CrossEntropy(), labels(), 1.0)
    network, pattern = Mlp(hidden=(96, 96, 2080, 64)), BuiltinPattern(name="gyroid").values(Files())
    heights = goal.heights(torch.tensor(pattern))
    found = plant(make_plan(network, 3, 32), network, 6, 4, goal, heights, digits_of(torch.float32))
    found = in_dtype(found, torch.float32, CPU)
    axes = tuple(torch.linspace(0, 1, 32, dtype=torch.float64) for _ in range(3))
    values = risk(CrossEntropy(), labels())(
        separable(network, found.origin, found.directions, torch.float32)(axes)
    ).numpy()
    error = values - pattern - (values - pattern).mean()
    assert -10 * np.log10((error**2).mean()) >= 100


def test_all_claims_hold_for_a_volume_and_the_section_has_three_axes() -> None:
    spec = Theorem1(pattern=BuiltinPattern(name="blobs"), grid=7, network=Mlp(hidden=(21, 21, 105, 14)))
    shown, report = run(spec)
    section = next(item for item in shown if isinstance(item, Section))
    assert [axis.name for axis in section.axes] == ["α₁", "α₂", "α₃"]
    assert section.values.shape == (7, 7, 7) and len(section.marks[0].position) == 3
    assert {claim.verdict for claim in report.claims} == {Verdict.HOLDS}
    assert report.numbers["midpoint_psnr_db"] > 40  # type: ignore[operator]
    checkpoint = next(item for item in shown if isinstance(item, Checkpoint))
    assert len(checkpoint.directions) == 3


def test_the_preview_follows_the_volume() -> None:
    context = Context(device=CPU)
    network = Mlp(hidden=(21, 21, 105, 14))
    for name in ("blobs", "torus"):
        job = Theorem1(pattern=BuiltinPattern(name=name), grid=7, network=network).preview(context)
        assert job is not None
        section = next(job)
        assert isinstance(section, Section)
        pattern = BuiltinPattern(name=name).values(Files(), 7)
        np.testing.assert_allclose(section.values - section.offset, pattern, atol=1e-5)
