"""The diagram of a network against the network: what a block is said to be for is tried out in torch, unit by unit.

The oracle knows no weights: it moves the input, the section's coordinates or the units themselves and looks at what changes.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lsviewer.core.artifacts import Artifact, Block, Checkpoint, Diagram, Section
from lsviewer.core.files import Files
from lsviewer.core.forward import Forward
from lsviewer.core.jobs import finish
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Digits
from lsviewer.experiments import from_json
from lsviewer.experiments.patterns.wiring import Part, diagram_of

DIGITS = {"kind": "digits", "limit": 150}
PATTERN = {"kind": "formula", "expression": "0.5 + 0.3*sin(5*a)*cos(4*b) + 0.15*a"}
OTHER = {"kind": "formula", "expression": "0.2 + 0.6*a*b"}
PLANTED = {"kind": "theorem1", "network": {"kind": "mlp", "hidden": [32, 32, 40, 5]}, "grid": 12}
RUNS: dict[str, dict[str, Any]] = {
    "planted": PLANTED,
    "folded": {**PLANTED, "network": {"kind": "mlp", "hidden": [30, 30]}},
    "deep": {**PLANTED, "network": {"kind": "mlp", "hidden": [6, 26, 24, 24, 3, 2]}},
    "a line": {**PLANTED, "pattern": {"kind": "formula", "expression": "a*a"}},
    "a volume": {**PLANTED, "pattern": {"kind": "formula", "expression": "(a+b*c)/2"}, "grid": 4,
                 "network": {"kind": "mlp", "hidden": [14, 12, 40, 9, 2]}},
    "trained": {**PLANTED, "method": "train", "steps": 10},
    "second layer, spread": {**PLANTED, "network": {"kind": "mlp", "hidden": [9, 32, 30, 30, 5]},
                             "directions": {"kind": "aligned", "layer": 2, "units": "spread"}},
    "rotated, by lot": {**PLANTED, "network": {"kind": "mlp", "hidden": [9, 26, 26, 30, 4]},
                        "directions": {"kind": "rotated", "each": 2, "units": "random"}},
    "trained, frame": {**PLANTED, "network": {"kind": "mlp", "hidden": [9, 20, 26, 26, 20, 4]}, "method": "train", "steps": 10,
                       "directions": {"kind": "random", "layer": 2, "each": 3, "units": "random"}},
    "inside": {"kind": "theorem2", "network": {"kind": "mlp", "hidden": [140, 36, 36, 12]}, "grid": 12, "epochs": 0},
    "inside, squared": {"kind": "theorem2", "network": {"kind": "mlp", "hidden": [140, 36, 36, 14]}, "grid": 12, "epochs": 0,
                        "loss": {"kind": "squared"}},
    "jointly": {"kind": "theorem2", "network": {"kind": "mlp", "hidden": [64, 20, 12]}, "grid": 6, "epochs": 0,
                "method": "train", "steps": 10},
}  # fmt: skip
LONGER = {f"{name}{more} longer": {**RUNS[name], "steps": 13} for name, more in (("trained", ""), ("jointly", ","))}


@cache
def run(name: str, other: bool = False) -> tuple[dict[str, Artifact], Diagram, Checkpoint]:
    spec = {
        "dataset": DIGITS,
        "device": "cpu",
        "dtype": "float64",
        "pattern": OTHER if other else PATTERN,
        **(RUNS | LONGER)[name],
    }
    experiment = from_json(spec)
    _, artifacts = finish(experiment.run(open_context(experiment, Files())))
    diagram, checkpoint = artifacts["network"], artifacts["checkpoint"]
    assert isinstance(diagram, Diagram) and isinstance(checkpoint, Checkpoint)
    return artifacts, diagram, checkpoint


class Torch:
    """The network of a checkpoint as a stranger would write it down; units of a layer can be meddled with."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.depth = len(checkpoint.params) // 2

    def __call__(
        self, alpha: np.ndarray, x: np.ndarray, layer: int = -1, meddle: Callable[[torch.Tensor], None] | None = None
    ) -> list[torch.Tensor]:
        at = {
            key: torch.from_numpy(value + sum(a * d[key] for a, d in zip(alpha, self.checkpoint.directions)))
            for key, value in self.checkpoint.params.items()
        }
        found = [torch.from_numpy(x.copy())]
        for k in range(self.depth + 1):
            if k == layer and meddle is not None:
                meddle(found[-1])
            if k < self.depth:
                h = nn.functional.linear(found[-1], at[f"{2 * k}.weight"], at[f"{2 * k}.bias"])
                found.append(h if k == self.depth - 1 else torch.relu(h))
        return found


def units(block: Block) -> np.ndarray:
    return np.arange(block.first, block.first + block.units) if block.members is None else block.members.copy()


def changes(network: Torch, block: Block, vary: str, diagram: Diagram, rng: np.random.Generator) -> bool:
    """Return whether any unit of a block changes when the input, or the place on the section, is another one."""
    z = len(network.checkpoint.directions)
    for _ in range(12):
        alpha, x = rng.random(z), diagram.samples[rng.integers(len(diagram.samples))].astype(np.float64)
        other_alpha = rng.random(z) if vary == "alpha" else alpha
        other_x = x + rng.random(len(x)) if vary == "x" else x
        one, two = (network(a, v)[block.layer][units(block)] for a, v in ((alpha, x), (other_alpha, other_x)))
        if not torch.equal(one, two):
            return True
    return False


@pytest.mark.parametrize("name", RUNS)
def test_roles_are_what_the_network_does(name: str) -> None:
    _, diagram, checkpoint = run(name)
    network, rng = Torch(checkpoint), np.random.default_rng(0)
    z = len(checkpoint.directions)
    for block in diagram.blocks:
        if block.layer > network.depth:
            assert block.roles in (("loss",), ("global minimum",))
            continue

        def meddle(values: torch.Tensor, block: Block = block) -> None:
            values[units(block)] += torch.from_numpy(1.0 + rng.random(block.units))

        matters = False
        for _ in range(20):
            alpha, x = rng.random(z), diagram.samples[0].astype(np.float64)
            matters |= not torch.equal(network(alpha, x)[-1], network(alpha, x, block.layer, meddle)[-1])
        assert matters == (block.roles != ("unaffected",)), block
        if block.roles == ("unaffected",):
            continue
        roles = {"pattern": changes(network, block, "alpha", diagram, rng)}
        roles["task"] = block.layer == 0 or changes(network, block, "x", diagram, rng)
        assert {role for role, there in roles.items() if there} == set(block.roles), block


@pytest.mark.parametrize("name", RUNS)
def test_every_unit_is_in_one_block_and_links_count_the_weights(name: str) -> None:
    _, diagram, checkpoint = run(name)
    widths = [checkpoint.params["0.weight"].shape[1]]
    widths += [len(value) for key, value in checkpoint.params.items() if key.endswith("bias")]
    for layer, width in enumerate(widths):
        covered = np.concatenate([units(diagram.blocks[k]) for k in diagram.of_layer(layer)])
        np.testing.assert_array_equal(np.sort(covered), np.arange(width))
    for layer in range(1, len(widths)):
        inner = [link for link in diagram.links if diagram.blocks[link.target].layer == layer]
        weight = checkpoint.params[f"{2 * (layer - 1)}.weight"]
        assert sum(link.nonzero for link in inner) == np.count_nonzero(weight)
    for link in diagram.links:
        source, target = diagram.blocks[link.source], diagram.blocks[link.target]
        part = checkpoint.params[f"{2 * (target.layer - 1)}.weight"][np.ix_(units(target), units(source))]
        assert (link.kind == "zero") == (not part.any()) and link.total == part.size
        if link.kind == "identity":
            np.testing.assert_array_equal(part, np.eye(len(part)))


@pytest.mark.parametrize("name", ["planted", "folded", "deep", "inside", "inside, squared", "trained", "jointly"])
def test_fixed_parameters_are_the_same_for_another_pattern_and_those_that_hold_it_are_not(name: str) -> None:
    (_, diagram, one), (_, _, two) = run(name), run(name, other=True)
    for block in diagram.blocks:
        if not block.parameters:
            continue
        keys = [f"{2 * (block.layer - 1)}.{part}" for part in ("weight", "bias")]
        same = all(np.array_equal(one.params[key][units(block)], two.params[key][units(block)]) for key in keys)
        assert not (block.trained and same), block
        if block.parameters == ("fixed",):
            assert same and not block.trained, block
        if block.weights in ("T", "Δ²T"):
            assert not same and block.parameters == ("pattern",)


@pytest.mark.parametrize(("name", "longer"), [("trained", "trained longer"), ("jointly", "jointly, longer")])
def test_trained_is_what_changes_when_training_goes_on(name: str, longer: str) -> None:
    (_, diagram, one), (_, _, two) = run(name), run(longer)
    for block in diagram.blocks:
        if block.parameters:
            keys = [f"{2 * (block.layer - 1)}.{part}" for part in ("weight", "bias")]
            same = all(np.array_equal(one.params[key][units(block)], two.params[key][units(block)]) for key in keys)
            assert block.trained != same, block


@pytest.mark.parametrize("name", RUNS)
def test_what_the_section_moves_is_marked(name: str) -> None:
    _, diagram, checkpoint = run(name)
    for block in diagram.blocks:
        if 1 <= block.layer <= len(checkpoint.params) // 2:
            steps = [d[f"{2 * (block.layer - 1)}.bias"][units(block)] for d in checkpoint.directions]
            assert block.moved == tuple(axis for axis, step in enumerate(steps) if step.any())


@pytest.mark.parametrize("name", ["planted", "trained", "inside", "a volume"])
def test_live_values_are_those_of_the_torch_network(name: str) -> None:
    _, diagram, checkpoint = run(name)
    forward, network, rng = Forward(checkpoint), Torch(checkpoint), np.random.default_rng(1)
    for sample in diagram.samples[:4]:
        alpha = rng.random(len(checkpoint.directions))
        for mine, theirs in zip(forward(alpha, sample), network(alpha, sample.astype(np.float64)), strict=True):
            np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-10, atol=1e-10)


def test_formulas_say_what_the_units_compute() -> None:
    """At a place of the section: knots, hats and gates from their formulas, by hand, against the network's own values."""
    artifacts, diagram, checkpoint = run("planted")
    section = artifacts["section"]
    assert isinstance(section, Section)
    alpha, grid = (0.37, 0.81), 12
    found = Forward(checkpoint)(alpha, diagram.samples[0])
    named = {block.name: block.of(found[block.layer]) for block in diagram.blocks if block.layer < len(found)}
    s = (grid - 1) * np.array(alpha)
    j = np.arange(-1, grid - 1)
    np.testing.assert_allclose(named["knots α₁"], np.maximum(s[0] - j, 0), atol=1e-12)
    hats = [np.maximum(1 - np.abs(each - np.arange(grid)), 0) for each in s]
    np.testing.assert_allclose(named["hats α₂"], hats[1], atol=1e-12)
    assert section.target is not None
    values = Forward(checkpoint)((3 / 11, 5 / 11), diagram.samples[0])
    gates = {block.name: values[block.layer][units(block)] for block in diagram.blocks if block.layer < len(values)}
    assert (
        np.count_nonzero(gates["gates L"] > 1e-12) == 1 and gates["gates L"][3] > 0
    )  # the row of the grid point is open
    assert gates["gates L"][3] + gates["gates M"][3] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["second layer, spread", "rotated, by lot"])
def test_units_that_are_scattered_are_told_in_the_order_of_their_formula(name: str) -> None:
    _, diagram, checkpoint = run(name)
    alpha = (0.37, 0.81)
    found = Forward(checkpoint)(alpha, diagram.samples[0])
    assert any(block.members is not None for block in diagram.blocks)
    for axis, sign in enumerate(["α₁", "α₂"]):
        block = next(block for block in diagram.blocks if block.name == f"knots {sign}")
        wanted = np.maximum(11 * alpha[axis] - np.arange(-1, 11), 0)
        np.testing.assert_allclose(block.of(found[block.layer]), wanted, atol=1e-9)


def test_theorem_1_marks_no_minimum_and_theorem_2_only_one_it_has_reached() -> None:
    assert run("planted")[1].minimum is None and "global minimum" not in run("planted")[1].roles
    artifacts, diagram, _ = run("inside")
    section = artifacts["section"]
    assert isinstance(section, Section) and diagram.minimum is not None
    index = tuple(round(a * 11) for a in diagram.minimum)
    assert section.values[index] == section.values.min() <= 1e-3
    assert {diagram.blocks[k].name for k in diagram.branch} == {"x", "features φ", "answers", "logits", "outputs"}
    assert "global minimum" not in run("jointly")[1].roles  # ten steps do not get there, so nothing is marked


def test_at_the_minimum_the_branch_solves_the_task() -> None:
    _, diagram, checkpoint = run("inside")
    assert diagram.minimum is not None
    data = Digits(limit=150).load(Files())
    forward = Forward(checkpoint)
    answers = [int(forward(diagram.minimum, x)[-1].argmax()) for x in data.x.flatten(1).numpy()[:60]]
    assert answers == data.y[:60].tolist()


def test_samples_are_one_of_every_class_and_say_so() -> None:
    _, diagram, _ = run("planted")
    data = Digits(limit=150).load(Files())
    assert diagram.samples.shape == (10, 64)
    for sample, words in zip(diagram.samples, diagram.sample_words, strict=True):
        number, label = words.removeprefix("training sample ").split(", class ")
        np.testing.assert_array_equal(sample, data.x[int(number) - 1].flatten().numpy())
        assert int(data.y[int(number) - 1]) == int(label)


def test_units_of_a_convolution_are_its_channels() -> None:
    """Two channels carry h over zero kernels, one sees x; the head reads flattened maps of 2 x 2 positions."""
    first, head = np.zeros((4, 1, 2, 2)), np.zeros((3, 4 * 4))
    first[2, 0, 1, 0] = 1.0
    head[0, 0], head[1, 9] = 1.0, 1.0  # channel 0 at its first position, channel 2 at its second
    params = {"0.weight": first, "0.bias": np.zeros(4), "3.weight": head, "3.bias": np.zeros(3)}
    step = {key: np.zeros_like(value) for key, value in params.items()}
    step["0.bias"][:2] = 1.0
    parts = [Part(1, "knots", 2, ("fixed",), "0"), Part(1, "features", 1, ("fixed",), "random")]
    data = Digits(limit=60).load(Files())
    diagram = diagram_of(Checkpoint("checkpoint", {"kind": "cnn"}, params, (step,)), parts, data, "cross entropy")
    assert diagram.layers == ("input", "convolution 1", "outputs", "loss")
    found = {block.name: block for block in diagram.blocks}
    assert found["x"].units == 64 and found["x"].roles == ("task",)
    assert found["knots"].roles == ("pattern",) and found["knots"].idle == 1 and found["knots"].moved == (0,)
    assert found["features"].roles == ("task",) and found["unused"].roles == ("unaffected",)
    assert found["other units"].layer == 2 and found["other units"].roles == ("pattern", "task")


def test_a_network_lifted_to_convolutions_has_the_same_roles_and_values() -> None:
    """Kernels that act by one tap on constant maps: theory.md's way from a perceptron to a convolutional network."""
    _, diagram, flat = run("planted")
    params: dict[str, np.ndarray] = {}
    for k in range(4):
        weight = flat.params[f"{2 * k}.weight"]
        params[f"{2 * k}.weight"] = np.zeros((len(weight), weight.shape[1] if k else 1, 3, 3))
        params[f"{2 * k}.weight"][:, :, 1, 1] = weight if k else 0.0
        params[f"{2 * k}.bias"] = flat.params[f"{2 * k}.bias"]
    params |= {
        "9.weight": flat.params["8.weight"],
        "9.bias": flat.params["8.bias"],
    }  # 8 x 8 -> 4 -> 2 -> 1 -> 1 position
    steps = tuple({k: d[k] if k == "0.bias" else np.zeros_like(v) for k, v in params.items()} for d in flat.directions)
    spec = {
        "kind": "cnn", "activation": {"kind": "relu"}, "image": [1, 8, 8], "kernel": 3, "stride": 2, "padding": 1,
        "pooling": "none", "head": "flatten",
    }  # fmt: skip
    lifted = Checkpoint("checkpoint", spec, params, steps)
    parts = [
        Part(block.layer, block.name, block.units, block.parameters)
        for block in diagram.blocks if 1 <= block.layer <= 5 and block.name != "unused"
    ]  # fmt: skip
    found = diagram_of(lifted, parts, Digits(limit=150).load(Files()), "cross entropy")
    assert [(b.name, b.units, b.roles, b.moved, b.idle) for b in found.blocks] == [
        (b.name, b.units, b.roles, b.moved, b.idle) for b in diagram.blocks
    ]
    for alpha in ((0.0, 1.0), (0.37, 0.81)):
        pairs = zip(Forward(lifted)(alpha, found.samples[1]), Forward(flat)(alpha, diagram.samples[1]), strict=True)
        for mine, theirs in pairs:
            np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-11)
