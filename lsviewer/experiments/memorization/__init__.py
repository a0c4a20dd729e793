"""The experiments of Cooper 2018: networks that memorise, and the manifold that their minima form.

``setting`` is what all of them share (data, targets, points), ``minimum`` what is measured at a point; the rest is
one file a statement. Everything is float64, and the loss is the sum of squared residuals as in the paper.
"""
