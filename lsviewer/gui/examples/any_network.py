"""Ordinary networks, trained here or brought along."""

from lsviewer.gui.examples.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example("A plane through a trained network", "Random directions, scaled by filters, for contrast.", "Li et al.",
            {"kind": "plane"}),
)  # fmt: skip
