"""The fast way to the risk on a section, by the kind of network: both are called with alpha and can be shared by threads."""

from lsviewer.engine.affine_risk import AffineRisk
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.conv_risk import ConvRisk
from lsviewer.engine.params import Params
from lsviewer.engine.risk import Risk

FastRisk = AffineRisk | ConvRisk


def fast_risk(risk: Risk, origin: Params, directions: tuple[Params, ...]) -> FastRisk:
    """Return the risk on ``origin + sum_i alpha_i direction_i`` in the form that suits its network."""
    if isinstance(risk.network, Cnn):
        return ConvRisk(risk, origin, directions)
    return AffineRisk(risk, origin, directions)
