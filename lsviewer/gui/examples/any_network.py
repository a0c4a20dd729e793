"""Ordinary networks, trained here or brought along."""

from lsviewer.gui.examples.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example("A plane through a trained network", "Random directions, scaled by filters, for contrast.", "Li et al.",
            {"kind": "plane"}),
    Example("Steep and soft at a trained network", "The loss along two eigenvectors of its Hessian.", "Curvature",
            {"kind": "eigenplane", "first": 1, "second": 8}),
)  # fmt: skip
