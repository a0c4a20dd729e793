"""What shows an artifact: maps, volumes, surfaces, curves, spectra, pictures, networks. Views know neither experiments nor
each other.

May import: core, gui.theme, gui.segmented, gui.square, gui.numbers, gui.colormaps, gui.opengl,
gui.background. A view is one file and one line in `VIEWS`.
"""

from lsviewer.core.artifacts import Artifact
from lsviewer.gui.views.base import View
from lsviewer.gui.views.channels import Channels
from lsviewer.gui.views.colour_map import ColourMap
from lsviewer.gui.views.curves import Curves
from lsviewer.gui.views.heatmap import Heatmap
from lsviewer.gui.views.network_diagram import NetworkDiagram
from lsviewer.gui.views.picture import PictureView
from lsviewer.gui.views.rows import Rows
from lsviewer.gui.views.solid import SolidView
from lsviewer.gui.views.spectrum import Distribution
from lsviewer.gui.views.surface import Surface
from lsviewer.gui.views.volume import Volume

VIEWS: tuple[type[View], ...] = (
    Rows,
    Heatmap,
    Volume,
    Surface,
    SolidView,
    Curves,
    Distribution,
    ColourMap,
    Channels,
    PictureView,
    NetworkDiagram,
)
"""All kinds of views, the most telling first."""


def views_for(artifact: Artifact) -> list[type[View]]:
    """Return the kinds of views that can show ``artifact``, the most telling first."""
    return [view for view in VIEWS if view.can_show(artifact)]
