"""The experiments of Nguyen and Hein 2017: which critical points of a network with a wide layer are global minima.

``setting`` is what all of them share (data, targets, network, loss), ``facts`` what is known of activations and losses,
``findings`` what is measured at a point, ``verdicts`` how it is judged; the rest is one file a statement. Everything is
float64, and the loss is the sum over samples and outputs as in the paper.
"""
