"""Cooper 2018: memorising networks, and the manifold of their minima."""

from lsviewer.gui.examples.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example("20 up, 121 level, 0 down", "The Hessian at a zero-loss point, counted.", "Cooper, Proposition 2.3",
            {"kind": "inertia"}, "spectrum"),
    Example("A walk along the minima", "An arc on which the loss stays zero.", "Cooper, Theorem 2.1",
            {"kind": "walk"}, "principal_plane"),
    Example("Two minima, joined", "A path of zero loss where the straight line climbs.", "Cooper, Theorem 2.1",
            {"kind": "connect"}, "barrier"),
    Example("How large is the set of minima", "The rank of the Jacobian says n − d dimensions.", "Cooper, Theorem 2.1",
            {"kind": "dimension"}, "singular_values"),
    Example("A network that memorises", "Weights in closed form fit any targets exactly.", "Cooper, Lemma 3.3",
            {"kind": "construction"}, "function"),
    Example("Activations, sorted", "Rectified, smooth, analytic, monotone, bounded.", "Cooper, section 3",
            {"kind": "activation_table"}),
)  # fmt: skip
