"""What shows an artifact: heatmap, surface, curves, spectrum. Views do not know experiments nor each other."""
