"""Nguyen and Hein 2017: which critical points of wide networks are global minima."""

from typing import Any

from lsviewer.gui.examples.example import DIGITS, Example


def _gallery(case: str) -> dict[str, Any]:
    return {"kind": "gallery", "case": case}


EXAMPLES: tuple[Example, ...] = (
    Example("Loss against width", "200 starts for each of 17 widths, and the two thresholds.", "Nguyen and Hein, section 3.2",
            {"kind": "width_study"}, "fraction"),
    Example("Every hypothesis, measured", "A critical point against the conditions of 3.8.", "Nguyen and Hein, Theorem 3.8",
            {"kind": "critical_point"}, "bound"),
    Example("Looking for bad minima", "Many starts; what is found is accepted or refused.", "Nguyen and Hein, section 3",
            {"kind": "critical_search"}, "map"),
    Example("A rank with a certificate", "Features of full rank, layer by layer.", "Nguyen and Hein, Lemma 4.4",
            {"kind": "feature_rank"}),
    Example("What the theorems assume", "Data, activation, loss and widths, row by row.", "Nguyen and Hein, Assumptions 3.2",
            {"kind": "assumptions"}),
    Example("Separable and trained to zero", "The squared hinge where Theorem 5.3 is safe.", "Nguyen and Hein, Theorem 5.3",
            {"kind": "separability"}),
    Example("Digits that block each other", "Class 8 is not separable from the others.", "Nguyen and Hein, Theorem 5.3",
            {"kind": "separability", "dataset": {**DIGITS, "test_fraction": 0.0}, "point": {"kind": "init"}, "layer": 0}),
    Example("All conditions hold", "n₁ = N − 1 units: critical means minimal.", "Nguyen and Hein, Theorem 3.8",
            _gallery("all_conditions"), "bound"),
    Example("One unit too many", "Condition 1 of the theorem can no longer hold.", "Nguyen and Hein, Theorem 3.8",
            _gallery("one_unit_more"), "around"),
    Example("Zero weights above", "The gradient vanishes, the loss does not.", "Nguyen and Hein, Lemma 3.5",
            _gallery("zero_weights_above"), "around"),
    Example("Nine copies of one unit", "A saddle made of features of rank 2.", "Nguyen and Hein, Lemma 3.5",
            _gallery("copied_units"), "around"),
    Example("A narrow network", "One unit: a strict minimum that is not the lowest.", "Nguyen and Hein, Theorem 3.8",
            _gallery("narrow"), "around"),
    Example("One input, two labels", "The loss stays at one half.", "Nguyen and Hein, Assumptions 3.2",
            _gallery("repeated_input"), "singular_values"),
    Example("Dead units", "ReLU: no gradient reaches five of seven.", "Nguyen and Hein, Assumptions 3.2",
            _gallery("dead_units"), "singular_values"),
    Example("A slope of zero", "tanh(t³) breaks the theorem as printed.", "Nguyen and Hein, Theorem 3.4",
            _gallery("flat_slope"), "around"),
    Example("Several layers above", "A numerical counterexample, Φ = 13.43.", "Nguyen and Hein, Theorem 5.3",
            _gallery("several_layers_above"), "around"),
    Example("A plateau", "A tiny gradient that is no critical point.", "Nguyen and Hein, Figure 1", _gallery("plateau"),
            "leaving"),
)  # fmt: skip
