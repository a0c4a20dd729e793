"""Directions through other layers, other units and at an angle: networks written down, and run, without the engine's help."""

import dataclasses
import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lsviewer.core.artifacts import Artifact, Checkpoint, Section
from lsviewer.core.claims import Claim, Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError, parse
from lsviewer.engine.context import open_context
from lsviewer.experiments.patterns.directions_report import as_stated, biases_only, direction_claims, orthogonal
from lsviewer.experiments.patterns.found import Found
from lsviewer.experiments.patterns.goal import make_goal
from lsviewer.experiments.patterns.separable import grid_axes, separable
from lsviewer.experiments.patterns.theorem1 import Theorem1
from lsviewer.experiments.patterns.verification import brute_force

SMALL: dict[str, Any] = {
    "kind": "theorem1",
    "dataset": {"kind": "digits", "limit": 60},
    "network": {"kind": "mlp", "hidden": [40, 36, 36, 40]},
    "pattern": {"kind": "formula", "expression": "0.5 + 0.5*sin(9*a)*cos(5*b + a)"},
    "grid": 9,
    "dtype": "float64",
}
CHOICES: list[dict[str, Any]] = [
    {"kind": "aligned", "layer": 2},
    {"kind": "aligned", "layer": 2, "units": "spread"},
    {"kind": "aligned", "units": "random"},
    {"kind": "aligned", "units": "chosen", "chosen": list(range(39, 21, -1))},
    {"kind": "aligned", "each": 3, "units": "spread"},
    {"kind": "aligned", "each": 1, "layer": 2},
    {"kind": "rotated", "angle": 30},
    {"kind": "rotated", "angle": -135.5, "each": 5, "layer": 2, "units": "random"},
    {"kind": "rotated", "angle": 90, "units": "chosen", "chosen": [17, 3]},
    {"kind": "random", "each": 4, "layer": 2, "units": "spread"},
]


def spec(**changes: Any) -> Theorem1:
    return parse(Theorem1, {**SMALL, **changes})


def run(**changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = spec(**changes)
    return finish(experiment.run(open_context(experiment, Files())))


def found_of(**changes: Any) -> Found:
    experiment = spec(**changes)
    context = open_context(experiment, Files())
    data, pattern = experiment.dataset.load(Files()), experiment.pattern.values(Files(), experiment.grid)
    return experiment.planted(context, data, make_goal(experiment.loss, data.labels, 1.0), pattern)


def statements(report: Report, verdict: Verdict) -> list[str]:
    return [claim.statement for claim in report.claims if claim.verdict is verdict]


def dense_loss(point: Checkpoint, alpha: tuple[float, ...], x: torch.Tensor, y: torch.Tensor) -> float:
    """The mean cross-entropy of the ordinary torch network at one point of the section."""
    widths = [point.network["inputs"], *point.network["hidden"], point.network["outputs"]]
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out, dtype=torch.float64), nn.ReLU()]
    module = nn.Sequential(*layers[:-1])
    steps = zip(alpha, point.directions, strict=True)
    moves = [{name: a * value for name, value in direction.items()} for a, direction in steps]
    module.load_state_dict({
        name: torch.tensor(value + sum(move[name] for move in moves)) for name, value in point.params.items()
    })  # fmt: skip
    with torch.no_grad():
        return float(nn.functional.cross_entropy(module(x.flatten(1).double()), y))


# --- every choice shows the same picture -------------------------------------------------------------------------------------


@cache
def chosen(number: int) -> tuple[Report, Checkpoint]:
    """The run of one of the choices."""
    report, artifacts = run(directions=CHOICES[number])
    point = artifacts["checkpoint"]
    assert isinstance(point, Checkpoint)
    return report, point


@pytest.mark.parametrize("number", range(len(CHOICES)))
def test_the_ordinary_network_has_the_losses_of_the_pattern_along_these_directions(number: int) -> None:
    report, point = chosen(number)
    assert statements(report, Verdict.FAILS) == []
    data = spec().dataset.load(Files())
    for i, j in [(0, 0), (8, 8), (3, 7), (6, 1)]:
        a, b = i / 8, j / 8
        wanted = 0.5 + 0.5 * np.sin(9 * a) * np.cos(5 * b + a) + float(report.numbers["offset"])
        # Patterns are kept in float32: 6e-8 of at most 1.
        assert dense_loss(point, (a, b), data.x, data.y) == pytest.approx(wanted, abs=2e-7)


@pytest.mark.parametrize("number", range(len(CHOICES)))
def test_the_directions_of_the_checkpoint_are_those_asked_for(number: int) -> None:
    directions, (_, point) = CHOICES[number], chosen(number)
    layer, kind = directions.get("layer", 1), directions["kind"]
    name = f"{2 * (layer - 1)}.bias"
    rows = np.stack([np.concatenate([v.ravel() for v in d.values()]) for d in point.directions])
    assert all((value == 0).all() for d in point.directions for key, value in d.items() if key != name)
    assert not point.params[f"{2 * (layer - 1)}.weight"].any()
    lengths = np.linalg.norm(rows, axis=1)
    assert abs(rows[0] @ rows[1]) <= 4e-15 * lengths.prod()
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-14)
    moved = np.stack([d[name] for d in point.directions])
    carrying = np.flatnonzero(moved.any(0))
    if kind == "aligned":
        assert not (moved[0] * moved[1]).any()
    if directions.get("units") == "chosen":
        assert set(carrying) == set(directions["chosen"])
    if directions.get("units") == "spread":
        assert np.ptp(np.diff(carrying)) <= 1, "as even as whole numbers allow"
        assert carrying[-1] - carrying[0] >= len(moved[0]) * (1 - 2 / len(carrying))
    count = {"aligned": 2 * directions.get("each", 9), "rotated": 2 * directions.get("each", 1), "random": 8}[kind]
    assert len(carrying) == count


def test_the_angle_is_that_of_direction_1_against_its_unit() -> None:
    found = found_of(directions={"kind": "rotated", "angle": 30, "units": "chosen", "chosen": [17, 3]})
    one, two = (direction["0.bias"].numpy() for direction in found.directions)
    assert np.degrees(np.arctan2(one[3], one[17])) == pytest.approx(30, abs=1e-12)
    assert np.degrees(np.arctan2(two[3], two[17])) == pytest.approx(120, abs=1e-12)


@pytest.mark.parametrize("z", [1, 3])
def test_one_and_three_axes_can_be_mixed_too(z: int) -> None:
    expression = {1: "a*a", 3: "(a + b*c)/2"}[z]
    hidden = {1: [9, 9, 9], 3: [12, 30, 60, 20]}[z]
    report, _ = run(
        pattern={"kind": "formula", "expression": expression}, grid={1: 9, 3: 4}[z],
        network={"kind": "mlp", "hidden": hidden}, directions={"kind": "random", "each": 3},
    )  # fmt: skip
    assert statements(report, Verdict.FAILS) == []
    assert "The directions are not axis aligned" in statements(report, Verdict.HOLDS)
    assert float(report.numbers["psnr_db"]) > 200


@pytest.mark.parametrize("directions", [CHOICES[i] for i in (1, 4, 6, 7, 9)])
@pytest.mark.parametrize("hidden", [[40, 36, 36, 40, 40], [40, 36, 36, 36]])
def test_noise_in_float32_reaches_what_is_promised(
    directions: dict[str, Any], hidden: list[int], tmp_path: Any
) -> None:
    np.save(tmp_path / "t.npy", np.random.default_rng(1).integers(0, 2, (18, 18)).astype(np.float32))
    report, _ = run(
        pattern={"kind": "array", "path": str(tmp_path / "t.npy")}, grid=None, dtype="float32",
        network={"kind": "mlp", "hidden": hidden}, directions=directions,
    )  # fmt: skip
    assert statements(report, Verdict.FAILS) == []
    level = report.claims[0].tolerance
    assert level is not None
    assert float(report.numbers["psnr_db"]) >= level >= 60


# --- what lies below ---------------------------------------------------------------------------------------------------------


def test_layers_below_are_those_of_an_ordinary_network_and_do_not_matter() -> None:
    directions = {"kind": "rotated", "layer": 3, "angle": 20}
    experiment = spec(directions=directions, network={"kind": "mlp", "hidden": [7, 6, 8, 18, 18]})
    context = open_context(experiment, Files())
    found = found_of(directions=directions, network={"kind": "mlp", "hidden": [7, 6, 8, 18, 18]})
    start = experiment.network.build(64, 10, dtype=torch.float64, generator=context.generator("init")).state_dict()
    for name in ("0.weight", "0.bias", "2.weight", "2.bias"):
        assert torch.equal(found.origin[name], start[name])
    other = {**found.origin, "0.weight": 3 * found.origin["0.weight"], "2.bias": torch.ones(6, dtype=torch.float64)}
    axes = grid_axes(4, 2)
    outputs = separable(found.network, found.origin, found.directions, torch.float64)(axes)
    assert torch.equal(outputs, separable(found.network, other, found.directions, torch.float64)(axes))


def test_a_weight_into_the_carrying_layer_is_refused_and_seen_by_brute_force() -> None:
    found = found_of(directions={"kind": "aligned", "layer": 2})
    broken = {name: value.clone() for name, value in found.origin.items()}
    broken["2.weight"][:, :] = 0.05
    with pytest.raises(ValueError, match="weights into layer 2 are not 0"):
        separable(found.network, broken, found.directions, torch.float64)
    sampled, _ = finish(brute_force(
        found.network, broken, found.directions, found.loss, found.data.x, found.data.labels, np.array([[2, 5]]), (9, 9)
    ))  # fmt: skip
    assert sampled.spread > 1e-3
    # Both code paths see the broken network the same way: sums over 36 units in float64.
    assert np.abs(sampled.losses - sampled.losses64).max() < 1e-12


# --- claims on broken directions ---------------------------------------------------------------------------------------------


def changed(found: Found, axis: int, name: str, unit: int, step: float) -> Found:
    directions = [dict(direction) for direction in found.directions]
    value = directions[axis].get(name, torch.zeros_like(found.origin[name])).clone()
    value[unit] += step
    directions[axis][name] = value
    return dataclasses.replace(found, directions=tuple(directions))


def verdicts(found: Found) -> list[Verdict]:
    return [claim.verdict for claim in direction_claims(found)]


def test_directions_that_are_not_as_stated_fail() -> None:
    aligned, holds, fails = found_of(), Verdict.HOLDS, Verdict.FAILS
    assert verdicts(aligned) == [holds, holds, holds]
    # unit 0 is moved by direction 1: moved by direction 2 as well, the two share it
    assert verdicts(changed(aligned, 1, "0.bias", 0, 1e-9)) == [holds, fails, fails]
    assert biases_only(changed(aligned, 1, "2.bias", 5, 1e-9)).verdict is fails
    rotated = found_of(directions={"kind": "rotated", "angle": 30})
    assert verdicts(rotated) == [holds, holds, holds]
    assert verdicts(changed(rotated, 0, "0.bias", 0, 1e-6)) == [holds, fails, fails]
    other = dataclasses.replace(rotated, carrier=parse(type(rotated.carrier), {"kind": "rotated", "angle": 30.001}))
    assert as_stated(other).verdict is fails
    assert orthogonal(other).verdict is holds
    random = found_of(directions={"kind": "random", "each": 2})
    assert verdicts(random) == [holds, holds, holds]
    assert as_stated(dataclasses.replace(aligned, carrier=random.carrier)).verdict is holds, "9 units alike are no axis"
    one = dataclasses.replace(random, directions=tuple({"0.bias": torch.eye(40).double()[k]} for k in (4, 9)))
    assert as_stated(one).verdict is fails


def test_the_claim_on_the_angle_shows_what_was_measured() -> None:
    claim: Claim = as_stated(found_of(directions={"kind": "rotated", "angle": 180, "each": 3}))
    assert claim.verdict is Verdict.HOLDS
    assert claim.measured == pytest.approx(180, abs=1e-9)
    assert claim.unit == "°"


# --- training, previews, refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("directions", "activation"),
    [({"kind": "aligned", "layer": 2, "units": "random"}, "tanh"), ({"kind": "rotated", "layer": 2}, "relu")],
)
def test_a_trained_section_lies_along_these_directions_too(directions: dict[str, Any], activation: str) -> None:
    report, artifacts = run(
        directions=directions, method="train", steps=10,
        network={"kind": "mlp", "hidden": [9, 20, 18, 20, 12], "activation": {"kind": activation}},
    )  # fmt: skip
    assert statements(report, Verdict.FAILS) == []
    section, point = artifacts["section"], artifacts["checkpoint"]
    assert isinstance(section, Section)
    assert isinstance(point, Checkpoint)
    assert point.directions[0]["2.bias"].any()
    assert report.numbers["carrying_layer"] == 2


def test_a_stroke_is_replanted_along_mixed_directions() -> None:
    directions = {"kind": "rotated", "layer": 2, "angle": 50}
    experiment = spec(pattern={"kind": "drawn", "name": "drawing"}, directions=directions,
                      network={"kind": "mlp", "hidden": [5, 6, 18, 18, 20]})  # fmt: skip
    drawing, cache = np.random.default_rng(2).random((9, 9)).astype(np.float32), {}
    for column in (None, 4):
        if column is not None:
            drawing = drawing.copy()
            drawing[2, column] = 0.25
        files = Files(patterns={"drawing": drawing})
        job = experiment.preview(open_context(experiment, files, cache))
        assert job is not None
        shown = finish(job)[1]["section"]
        whole = finish(experiment.run(open_context(experiment, files)))[1]["section"]
        assert isinstance(shown, Section)
        assert isinstance(whole, Section)
        assert np.abs(shown.values - whole.values).max() < 1e-12


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"directions": {"kind": "aligned", "layer": 5}}, "field 'directions.layer' is 5: the network has 4 hidden layers"),
        ({"directions": {"kind": "aligned", "layer": 4}}, "has 4 hidden layers, a pattern with 2 axes and these directions"),
        ({"directions": {"kind": "aligned", "layer": 2}, "grid": 19}, "hidden 2 has 36 units, this grid needs 38; the finest"),
        ({"directions": {"kind": "rotated", "each": 21}}, "hidden 1 has 40 units, its directions move 42"),
        ({"directions": {"kind": "rotated"}, "pattern": {"kind": "formula", "expression": "a"}}, "axes, and the pattern has 1"),
        ({"directions": {"kind": "aligned", "units": "chosen", "chosen": [1, 2]}}, "names 2 units, here 18 carry"),
        ({"directions": {"kind": "rotated", "units": "chosen", "chosen": [3, 40]}}, "names unit 40: hidden 1 has 40, from 0 on"),
        ({"directions": {"kind": "rotated", "units": "chosen", "chosen": [3, 3]}}, "names unit 3 twice"),
        ({"directions": {"kind": "random"}, "method": "train",
          "network": {"kind": "mlp", "hidden": [40, 36, 36], "activation": {"kind": "tanh"}}}, "'tanh', which does not pass"),
        ({"directions": {"kind": "rotated"}, "method": "train", "network": {"kind": "mlp", "hidden": [40, 36]}},
         "has 2 hidden layer(s), training with these directions needs at least 3"),
    ],
)  # fmt: skip
def test_what_the_network_lacks_is_said_in_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError) as refusal:
        run(**changes)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    if "names 2 units" not in sentence and "has 4 hidden" not in sentence:  # these are known when the plan is
        assert spec(**changes).notes()[0].lower() == f"{refusal.value}.".lower()


def test_notes_say_which_layers_do_what() -> None:
    notes = spec(
        directions={"kind": "rotated", "layer": 2}, network={"kind": "mlp", "hidden": [5, 6, 18, 18, 20]}
    ).notes()
    assert notes == (
        "The accurate form; needs 18 units in layer 3 at this grid, 18 are there.",
        "Layer 2 carries; layer 1 stays ordinary, initialised at random.",
        "2 units of layer 2 carry the coordinates, layer 3 reads them: one layer more, and fewer digits.",
    )


def test_a_recipe_without_directions_is_the_recipe_it_was() -> None:
    assert spec() == spec(directions={"kind": "aligned"})
    assert parse(Theorem1, spec(directions=CHOICES[7]).model_dump(mode="json")) == spec(directions=CHOICES[7])
