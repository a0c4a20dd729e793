"""Theorem 1 as an experiment: what it claims, when the claims fail, what it refuses, previews."""

import dataclasses
import itertools
import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lsviewer.core.artifacts import Artifact, Checkpoint, Section
from lsviewer.core.claims import Claim, Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import Progress, finish
from lsviewer.core.spec import SpecError, parse
from lsviewer.engine.context import open_context
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns import report as reports
from lsviewer.experiments.patterns.directions_report import biases_only
from lsviewer.experiments.patterns.found import Found
from lsviewer.experiments.patterns.goal import make_goal
from lsviewer.experiments.patterns.theorem1 import Theorem1
from lsviewer.experiments.patterns.verification import at, brute_force, numpy_losses

SMALL: dict[str, Any] = {
    "kind": "theorem1",
    "dataset": {"kind": "digits", "limit": 150},
    "network": {"kind": "mlp", "hidden": [32, 32, 40, 5]},
    "grid": 16,
}
CLAIMS = {
    "grid": "The loss on the grid is the pattern plus a constant",
    "between": "Between grid points the loss follows the pattern",
    "brute": "The whole network on all data gives these losses",
    "float64": "A second program in float64 agrees",
    "x": "The output does not depend on the input",
    "aligned": "The directions move first-layer biases only",
    "transfer": "On the test part the loss differs by no more than the label shares allow",
    "lowest": "Where the loss is lowest, the pattern is lowest",
}


def spec(**changes: Any) -> Theorem1:
    return parse(Theorem1, {**SMALL, **changes})


def run(files: Files | None = None, **changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = spec(**changes)
    return finish(experiment.run(open_context(experiment, files or Files())))


def claim(report: Report, name: str) -> Claim:
    return next(claim for claim in report.claims if claim.statement == CLAIMS[name])


def found_of(**changes: Any) -> tuple[Found, np.ndarray]:
    """The planted network behind a run, and its section."""
    experiment = spec(**changes)
    context = open_context(experiment, Files())
    data, pattern = experiment.dataset.load(Files()), experiment.pattern.values(Files(), experiment.grid)
    goal = make_goal(experiment.loss, data.labels, experiment.amplitude)
    found = experiment.planted(context, data, goal, pattern)
    axes = tuple(torch.linspace(0, 1, n, dtype=torch.float64) for n in pattern.shape)
    return found, found.losses(axes, reports.risk(experiment.loss, data.labels))


def checked(found: Found, values: np.ndarray) -> Report:
    return finish(reports.check(found, values, open_context(spec(), Files()), {}))[0]


# --- what is claimed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["cross_entropy", "squared", "pseudo_huber", "cauchy", "squared_hinge"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_claim_holds_for_a_planted_picture(loss: str, dtype: str) -> None:
    report, artifacts = run(loss={"kind": loss}, dtype=dtype)
    assert [c.statement for c in report.claims if c.verdict is not Verdict.HOLDS] == []
    assert report.numbers["psnr_db"] >= (90 if dtype == "float32" else 200)
    assert report.numbers["brute_force_points"] == 64
    assert set(artifacts) == {"section", "checkpoint", "network"}


def test_a_curve_is_planted_too() -> None:
    report, artifacts = run(pattern={"kind": "builtin", "name": "double_well"}, grid=30)
    assert {c.verdict for c in report.claims} == {Verdict.HOLDS}
    section = artifacts["section"]
    assert isinstance(section, Section)
    assert section.values.shape == (30,)
    assert report.numbers["brute_force_points"] == 30  # all there are


def test_float_targets_have_no_label_shares_to_transfer() -> None:
    report, _ = run(dataset={"kind": "teacher"}, loss={"kind": "squared"})
    assert claim(report, "transfer").verdict is Verdict.NOT_APPLICABLE
    assert [c for c in report.claims if c.verdict is Verdict.FAILS] == []


def test_the_section_is_the_pattern_in_its_own_orientation_plus_the_offset() -> None:
    report, artifacts = run(pattern={"kind": "formula", "expression": "a*(0.3 + 0.5*b**2)"}, amplitude=3.0)
    section = artifacts["section"]
    assert isinstance(section, Section)
    a, b = np.meshgrid(np.linspace(0, 1, 16), np.linspace(0, 1, 16), indexing="ij")
    # float32: losses near 9, rounded at 1e-6.
    assert np.abs(section.values - 3 * a * (0.3 + 0.5 * b**2) - report.numbers["offset"]).max() < 1e-5
    assert [axis.name for axis in section.axes] == ["α₁", "α₂"]
    assert section.marks[0].kind == "minimum"
    assert section.values[np.unravel_index(section.values.argmin(), (16, 16))] == section.values[0].min()


def test_the_checkpoint_alone_reproduces_the_section_with_plain_torch() -> None:
    """What a stranger would do with the exported files; digits has labels 0..9 and 64 inputs."""
    report, artifacts = run()
    point, section = artifacts["checkpoint"], artifacts["section"]
    assert isinstance(point, Checkpoint)
    assert isinstance(section, Section)
    widths = [point.network["inputs"], *point.network["hidden"], point.network["outputs"]]
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    module = nn.Sequential(*layers[:-1])
    data = spec().dataset.load(Files())
    for i, j in [(0, 0), (3, 11), (15, 7)]:
        module.load_state_dict(
            {
                name: torch.tensor(
                    value + point.directions[0][name] * (i / 15) + point.directions[1][name] * (j / 15),
                    dtype=torch.float32,
                )
                for name, value in point.params.items()
            }
        )
        with torch.no_grad():
            loss = nn.functional.cross_entropy(module(data.x.flatten(1)), data.y)
        assert float(loss) == pytest.approx(section.values[i, j], abs=1e-5)
    assert json.dumps(point.network)
    assert report.numbers["network_parameters"] == point.size


# --- when a condition is broken ----------------------------------------------------------------------------------------------


def test_weights_on_the_input_break_the_independence_and_the_brute_force() -> None:
    """The condition theta_W = 0: the section as found no longer is the loss of the network."""
    found, values = found_of()
    broken = {name: value.clone() for name, value in found.origin.items()}
    broken["0.weight"][:, :] = 0.05 * torch.randn(broken["0.weight"].shape, generator=torch.Generator().manual_seed(3))
    points = np.array([[4, 9], [12, 3]])
    sampled, _ = finish(
        brute_force(
            found.network, broken, found.directions, found.loss, found.data.x, found.data.labels, points, (16, 16)
        )
    )
    assert sampled.spread > 0.1
    assert np.abs(sampled.losses - values[tuple(points.T)]).max() > 1e-3
    # Both code paths see the broken network the same way; float32 against float64 sums over 150 samples.
    assert np.abs(sampled.losses - sampled.losses64).max() < 1e-5
    claimed = reports.ignores_x(dataclasses.replace(found, origin=broken), sampled)
    assert claimed.verdict is Verdict.FAILS


def test_a_changed_weight_breaks_grid_and_brute_force_claims() -> None:
    found, values = found_of()
    other = {name: value.clone() for name, value in found.origin.items()}
    other["8.bias"][2] += 0.01
    report = checked(dataclasses.replace(found, origin=other), values)
    assert claim(report, "brute").verdict is Verdict.FAILS
    assert claim(report, "float64").verdict is Verdict.HOLDS  # the reduced evaluation still is that network


def test_a_section_of_another_pattern_fails() -> None:
    found, values = found_of()
    report = checked(dataclasses.replace(found, pattern=np.flip(found.pattern, 0).copy()), values)
    assert claim(report, "grid").verdict is Verdict.FAILS
    assert claim(report, "between").verdict is Verdict.FAILS
    assert claim(report, "lowest").verdict is Verdict.FAILS
    assert claim(report, "brute").verdict is Verdict.HOLDS


def test_a_direction_that_moves_weights_is_not_aligned() -> None:
    found, _ = found_of()
    direction = {**found.directions[0], "2.bias": torch.ones(32)}
    claimed = biases_only(dataclasses.replace(found, directions=(direction, found.directions[1])))
    assert claimed.verdict is Verdict.FAILS
    assert claimed.measured == 32


def test_labels_with_other_shares_change_the_loss_by_the_exact_law() -> None:
    """Observation 1 with p' far from p: L' - L = sum_c (p'_c - p_c) l(v, c), and the bound with the total variation is met."""
    found, values = found_of(dtype="float64")
    skewed = dataclasses.replace(found.data, y_test=torch.zeros(40, dtype=torch.int64), x_test=found.data.x[:40])
    claimed = reports.transfers(dataclasses.replace(found, data=skewed), values)
    assert claimed.verdict is Verdict.HOLDS
    p = np.bincount(found.data.y.numpy(), minlength=10) / len(found.data)
    v = point_outputs(found, (5, 8))
    by_class = numpy_losses(found.loss, np.repeat(v[None], 10, 0), np.arange(10), 10)
    change = by_class[0] - p @ by_class
    assert claimed.measured is not None
    assert abs(change) <= claimed.measured + 1e-12
    assert values[5, 8] == pytest.approx(p @ by_class, abs=1e-12)


def point_outputs(found: Found, place: tuple[int, int]) -> np.ndarray:
    params = at(found.origin, found.directions, tuple(k / 15 for k in place))
    h = np.zeros((1, 64))
    for layer in range(5):
        h = h @ params[f"{2 * layer}.weight"].numpy().T + params[f"{2 * layer}.bias"].numpy()
        h = np.maximum(h, 0) if layer < 4 else h
    return h[0]


# --- what is refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pattern": {"kind": "formula", "expression": "0.5", "dimensions": 2}}, "is constant, 0.5 everywhere"),
        ({"pattern": {"kind": "formula", "expression": "a*b*c"}}, "this grid needs 48; the finest grid that fits is 3"),
        ({"grid": 17}, "hidden 1 has 32 units, this grid needs 34; the finest grid that fits is 16"),
        ({"network": {"kind": "mlp", "hidden": [40, 40], "activation": {"kind": "tanh"}}}, "method 'train'"),
        ({"method": "train", "network": {"kind": "mlp", "hidden": [40]}}, "training needs at least 2"),
        (
            {
                "method": "train",
                "network": {"kind": "mlp", "hidden": [40, 40], "activation": {"kind": "identity"}},
            },
            "'identity': no pattern can be trained with it",
        ),
        ({"loss": {"kind": "cauchy"}, "amplitude": 100.0}, "field 'amplitude' is 100"),
        ({"dataset": {"kind": "teacher"}}, "needs class labels"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError) as refusal:
        run(**changes)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "changes", [{"grid": 1}, {"grid": 513}, {"amplitude": 0.0}, {"amplitude": 101.0}, {"steps": 9}, {"surprise": 1}]
)
def test_values_out_of_bounds_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(changes))):
        spec(**changes)


# --- previews and words ------------------------------------------------------------------------------------------------------


def preview(experiment: Theorem1, drawing: np.ndarray, cache: dict[Any, Any]) -> dict[str, Artifact]:
    files = Files(patterns={"drawing": drawing})
    job = experiment.preview(open_context(experiment, files, cache))
    assert job is not None
    return finish(job)[1]


def test_a_preview_follows_the_drawing_and_starts_with_an_empty_one() -> None:
    experiment = spec(pattern={"kind": "drawn", "name": "drawing"})
    cache: dict[Any, Any] = {}
    drawing = np.zeros((16, 16), np.float32)
    flat = preview(experiment, drawing, cache)["section"]
    assert isinstance(flat, Section)
    assert np.ptp(flat.values) == 0.0
    drawing = drawing.copy()
    drawing[3, 5] = 1.0
    shown = preview(experiment, drawing, cache)
    assert set(shown) == {"section"}
    section = shown["section"]
    assert isinstance(section, Section)
    assert section.error is not None
    assert np.abs(section.error).max() < 1e-5
    assert np.unravel_index(section.values.argmax(), (16, 16)) == (3, 5)
    assert np.ptp(flat.values) == 0.0, "what was shown before must not change"


def test_another_setting_starts_another_preview() -> None:
    cache: dict[Any, Any] = {}
    drawing = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    heights = []
    for amplitude in (1.0, 4.0):
        section = preview(spec(pattern={"kind": "drawn", "name": "drawing"}, amplitude=amplitude), drawing, cache)[
            "section"
        ]
        assert isinstance(section, Section)
        heights.append(float(np.ptp(section.values)))
    assert heights == pytest.approx([1.0, 4.0], abs=1e-4)


def test_a_preview_of_training_is_silent_where_the_closed_form_does_not_fit() -> None:
    drawing = np.eye(16, dtype=np.float32)
    experiment = spec(
        pattern={"kind": "drawn", "name": "drawing"}, method="train", network={"kind": "mlp", "hidden": [9, 9]}
    )
    assert preview(experiment, drawing, {}) == {}
    with pytest.raises(SpecError, match="hidden 1 has 9 units"):
        preview(experiment.replace(method="construct"), drawing, {})
    tanh = {"kind": "mlp", "hidden": [40, 40], "activation": {"kind": "tanh"}}
    assert spec(method="train", network=tanh).preview(open_context(spec(), Files())) is None


def test_the_verb_and_the_notes_say_what_will_happen() -> None:
    assert spec().verb == "Plant"
    assert spec(method="train", steps=340).verb == "Train 340 steps"
    assert spec().notes() == ("The accurate form; needs 32 units in layer 1 at this grid, 32 are there.",)
    assert "finest grid that fits is 16" in spec(grid=20).notes()[0]
    assert spec(grid=None).notes() == ("Patterns with two axes fit up to 16 × 16 points.",)


def test_a_run_says_how_far_it_is_and_the_same_seed_gives_the_same_numbers() -> None:
    events: list[Any] = []
    experiment = spec()
    report, _ = finish(experiment.run(open_context(experiment, Files())), events.append)
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert run()[0].numbers == report.numbers


def test_recipes_reach_it_by_its_kind() -> None:
    assert Theorem1 in EXPERIMENTS
    assert from_json(SMALL) == spec()
    assert from_json(json.loads(spec().model_dump_json())) == spec()
