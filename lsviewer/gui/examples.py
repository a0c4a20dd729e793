"""The examples of the welcome page: what each shows, as a recipe, and the pattern its picture is drawn from. Data only."""

from dataclasses import dataclass, field
from typing import Any, Literal

Group = Literal["draw", "check", "own"]
GROUPS: tuple[tuple[str, str], ...] = (("all", "All"), ("draw", "Draw"), ("check", "Check"), ("own", "Own network"))


@dataclass(frozen=True, slots=True)
class Example:
    """One card of the gallery. ``picture`` is a built-in pattern, or the name of a sketch for what is no pattern."""

    title: str
    sentence: str
    source: str
    seconds: int  # about how long it runs on two cores
    group: Group
    picture: str
    recipe: dict[str, Any] = field(default_factory=dict)
    crop: float = 0.3  # how much of what is cut off the square picture is cut at its top


def _planted(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "theorem1", "pattern": {"kind": "builtin", "name": name}, **more}


def _gallery(case: str) -> dict[str, Any]:
    return {"kind": "gallery", "case": case}


DIGITS = {"kind": "digits"}
MNIST = {"kind": "mnist_small"}

EXAMPLES: tuple[Example, ...] = (
    Example("A cat in the loss of digits", "Paint; the plane of a real network follows the brush.", "Czarnecki, Theorem 1", 1,
            "draw", "cat", _planted("cat", dataset=DIGITS)),
    Example("A photograph, trained", "1000 steps find the plane instead of a formula.", "Czarnecki, Theorem 1", 25,
            "draw", "photo", _planted("photo", dataset=MNIST, method="train", steps=1000), 0.38),
    Example("Mountains over MNIST", "Four ranges and a low sun, on real handwriting.", "Czarnecki, Theorem 1", 1,
            "draw", "mountains", _planted("mountains", dataset=MNIST), 0.62),
    Example("A word in the landscape", "Letters with sharp edges, 128 points a side.", "Czarnecki, Theorem 1", 1,
            "draw", "text", _planted("text", dataset=DIGITS, grid=128), 0.5),
    Example("Two valleys on a line", "One direction, a double well, a bent network.", "Czarnecki, Theorem 1, z = 1", 1,
            "draw", "double_well", _planted("double_well", dataset=DIGITS)),
    Example("The implicit activation", "How a loss over all data becomes one function.", "Czarnecki, Figure 3", 1,
            "check", "sigma", {"kind": "implicit_activation"}),
    Example("Measured heights", "Ridges of Tennessee in float64, to 200 dB.", "Czarnecki, Theorem 1", 1,
            "check", "terrain", _planted("terrain", dataset=MNIST, dtype="float64"), 0.5),
    Example("A plane through a trained network", "Random directions, scaled by filters, for contrast.", "Li et al.", 5,
            "own", "plane", {"kind": "plane"}),
    Example("Squared loss, a galaxy", "The same theorem with another loss.", "Czarnecki, eq. 6", 1,
            "draw", "galaxy", _planted("galaxy", dataset=DIGITS, loss={"kind": "squared"}), 0.5),
    Example("A minimum inside the picture", "One point of the heart solves the whole task.", "Czarnecki, Theorem 2", 12,
            "draw", "heart", {"kind": "theorem2", "pattern": {"kind": "builtin", "name": "heart"}}, 0.5),
    Example("Two faces", "One plane: a smile on train, rings on held-out data.", "Czarnecki, converse", 5,
            "draw", "rings", {"kind": "two_faces", "pattern": {"kind": "builtin", "name": "smiley"},
                              "held_out_pattern": {"kind": "builtin", "name": "rings"}}, 0.5),
    Example("A volume", "Three directions: a gyroid, sliced and as a surface.", "Czarnecki, Theorem 1, z = 3", 2,
            "draw", "gyroid", _planted("gyroid", dataset=DIGITS, network={"kind": "mlp", "hidden": [96, 96, 2080, 64]}), 0.5),
    Example("20 up, 121 level, 0 down", "The Hessian at a zero-loss point, counted.", "Cooper, Proposition 2.3", 1,
            "check", "inertia", {"kind": "inertia"}),
    Example("A walk along the minima", "An arc on which the loss stays zero.", "Cooper, Theorem 2.1", 5,
            "check", "walk", {"kind": "walk"}),
    Example("All conditions hold", "n₁ = N − 1 units: critical means minimal.", "Nguyen and Hein, Theorem 3.8", 1,
            "check", "plane", _gallery("all_conditions")),
    Example("One unit too many", "Condition 1 of the theorem can no longer hold.", "Nguyen and Hein, Theorem 3.8", 1,
            "check", "inertia", _gallery("one_unit_more")),
    Example("Zero weights above", "The gradient vanishes, the loss does not.", "Nguyen and Hein, Lemma 3.5", 1,
            "check", "plane", _gallery("zero_weights_above")),
    Example("Nine copies of one unit", "A saddle made of features of rank 2.", "Nguyen and Hein, Lemma 3.5", 1,
            "check", "plane", _gallery("copied_units")),
    Example("A narrow network", "One unit: a strict minimum that is not the lowest.", "Nguyen and Hein, Theorem 3.8", 1,
            "check", "plane", _gallery("narrow")),
    Example("One input, two labels", "The loss stays at one half.", "Nguyen and Hein, Assumptions 3.2", 1,
            "check", "plane", _gallery("repeated_input")),
    Example("Dead units", "ReLU: no gradient reaches five of seven.", "Nguyen and Hein, Assumptions 3.2", 1,
            "check", "plane", _gallery("dead_units")),
    Example("A slope of zero", "tanh(t³) breaks the theorem as printed.", "Nguyen and Hein, Theorem 3.4", 1,
            "check", "plane", _gallery("flat_slope")),
    Example("Several layers above", "A numerical counterexample, Φ = 13.43.", "Nguyen and Hein, Theorem 5.3", 1,
            "check", "plane", _gallery("several_layers_above")),
    Example("A plateau", "A tiny gradient that is no critical point.", "Nguyen and Hein, Figure 1", 1,
            "check", "plane", _gallery("plateau")),
    Example("Digits that block each other", "Class 8 is not separable from the others.", "Nguyen and Hein, Theorem 5.3", 3,
            "check", "inertia", {"kind": "separability", "dataset": {"kind": "digits", "test_fraction": 0.0},
                                 "point": {"kind": "init"}, "layer": 0}),
    Example("Loss against width", "200 starts for each of 17 widths.", "Nguyen and Hein, section 3.2", 6,
            "check", "sigma", {"kind": "width_study"}),
)  # fmt: skip
