"""Czarnecki et al. 2019 and its predecessor: patterns in loss surfaces."""

from typing import Any

from lsviewer.gui.examples.example import DIGITS, MNIST, Example, builtin


def _planted(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "theorem1", "pattern": builtin(name), "dataset": DIGITS, **more}


THEOREM_1 = "Czarnecki, Theorem 1"

EXAMPLES: tuple[Example, ...] = (
    Example("A cat in the loss of digits", "Paint; the plane of a real network follows the brush.", THEOREM_1,
            _planted("cat"), crop=0.3),
    Example("A photograph, trained", "1000 steps find the plane instead of a formula.", THEOREM_1,
            _planted("photo", dataset=MNIST, method="train", steps=1000), crop=0.38),
    Example("A minimum inside the picture", "Ackley's bumps; the lowest point solves the whole task.", "Czarnecki, Theorem 2",
            {"kind": "theorem2", "pattern": builtin("ackley")}),
    Example("Three heads, three colours", "A picture in colour as three loss surfaces.", "Czarnecki, Figure 1", {"kind": "rgb"}),
    Example("Mountains over MNIST", "Four ranges and a low sun, on real handwriting.", THEOREM_1,
            _planted("mountains", dataset=MNIST), crop=0.62),
    Example("Two faces", "One plane: a smile on train, rings on held-out data.", "Czarnecki, converse",
            {"kind": "two_faces", "pattern": builtin("smiley"), "held_out_pattern": builtin("rings")},
            "section|section_held_out"),
    Example("A volume", "Three directions: a gyroid, sliced and as a surface.", "Czarnecki, Theorem 1, z = 3",
            _planted("gyroid", network={"kind": "mlp", "hidden": [96, 96, 2080, 64]})),
    Example("A cat in a convolutional network", "Channels are the units; 1000 images through every kernel.", THEOREM_1,
            _planted("cat", dataset={**MNIST, "limit": 1000}, grid=64, network={"kind": "cnn", "channels": [128, 128, 128]}),
            crop=0.3),
    Example("Directions at an angle", "Two directions turned against the axes of the units.", THEOREM_1,
            _planted("spiral", directions={"kind": "rotated"}, network={"kind": "mlp", "hidden": [256, 256, 256, 288, 64]})),
    Example("Carried by the second layer", "The layer below stays as it was initialised.", THEOREM_1,
            _planted("skyline", directions={"kind": "aligned", "layer": 2},
                     network={"kind": "mlp", "hidden": [96, 256, 256, 288, 64]}), crop=0.6),
    Example("A word in the landscape", "Letters with sharp edges, 128 points a side.", THEOREM_1, _planted("text", grid=128)),
    Example("Two valleys on a line", "One direction, a double well, a bent network.", "Czarnecki, Theorem 1, z = 1",
            _planted("double_well")),
    Example("Measured heights", "Ridges of Tennessee in float64, to 200 dB.", THEOREM_1,
            _planted("terrain", dataset=MNIST, dtype="float64")),
    Example("Squared loss, a galaxy", "The same theorem with another loss.", "Czarnecki, eq. 6",
            _planted("galaxy", loss={"kind": "squared"})),
    Example("The implicit activation", "How a loss over all data becomes one function.", "Czarnecki, Figure 3",
            {"kind": "implicit_activation"}),
    Example("Two valleys of regression", "Figure 4 in closed form; both minima fit the data.", "Czarnecki, Figure 4",
            {"kind": "toy_regression"}, "predictions"),
    Example("The same picture elsewhere", "Test data, other data, random inputs, other labels.", "Czarnecki, Observation 1",
            {"kind": "transfer"}, "change_shares"),
    Example("Easier than learning the task", "Finding a pattern against supervised training.", "Czarnecki, Observation 2",
            {"kind": "supervised_comparison"}, "comparison"),
    Example("Three ways to one pattern", "Closed form, training, multi-point: what each costs.", "Skorokhodov and Burtsev",
            {"kind": "pattern_comparison"}, "overlap"),
    Example("A regulariser, cheated", "A section made to order; the Hessian stays sharp.", "Czarnecki, conclusions",
            {"kind": "cheat"}),
    Example("The plane itself is trained", "Highs and lows by multi-point optimisation.", "Skorokhodov and Burtsev",
            {"kind": "multipoint"}),
)  # fmt: skip
