"""Drawing a pattern by hand: coverage, gestures and filters in plain numpy, then the canvases and dialogs that use them.

One idea carries it: every tool makes a *coverage* in [0, 1] on the grid, and a gesture lays its ink over the pattern with
it, ``values = base + opacity * coverage * (value - base)``, in float32 and never through eight bits.
Modules without Qt: shapes, symmetry, gestures, filters, flood. May import: core, gui.theme, gui.square.
"""
