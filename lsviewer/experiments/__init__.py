"""The science: one file is one theorem, figure, check or tool. The list below is all a newcomer adds a line to.

May import ``engine`` and ``core``. The families (``patterns``, ``landscape``, ...) do not import each other.
"""

from typing import Any

from lsviewer.core.experiment import Experiment, kind_of
from lsviewer.core.spec import SpecError, parse
from lsviewer.experiments.landscape.eigenplane import EigenPlane
from lsviewer.experiments.landscape.plane import Plane
from lsviewer.experiments.memorization.activation_table import ActivationTable
from lsviewer.experiments.memorization.connect import Connect
from lsviewer.experiments.memorization.construction import MemorizingNetwork
from lsviewer.experiments.memorization.dimension import Dimension
from lsviewer.experiments.memorization.inertia import Inertia
from lsviewer.experiments.memorization.walk import Walk
from lsviewer.experiments.patterns.cheat import Cheat
from lsviewer.experiments.patterns.implicit_activation import ImplicitActivation
from lsviewer.experiments.patterns.multipoint import MultiPoint
from lsviewer.experiments.patterns.pattern_comparison import PatternComparison
from lsviewer.experiments.patterns.rgb import Rgb
from lsviewer.experiments.patterns.supervised_comparison import SupervisedComparison
from lsviewer.experiments.patterns.theorem1 import Theorem1
from lsviewer.experiments.patterns.theorem2 import Theorem2
from lsviewer.experiments.patterns.toy_regression import ToyRegression
from lsviewer.experiments.patterns.transfer import Transfer
from lsviewer.experiments.patterns.two_faces import TwoFaces
from lsviewer.experiments.wide_layers.assumptions import Assumptions
from lsviewer.experiments.wide_layers.critical_point import CriticalPoint
from lsviewer.experiments.wide_layers.critical_search import CriticalSearch
from lsviewer.experiments.wide_layers.feature_rank import FeatureRank
from lsviewer.experiments.wide_layers.gallery import Gallery
from lsviewer.experiments.wide_layers.separability import Separability
from lsviewer.experiments.wide_layers.width_study import WidthStudy

EXPERIMENTS: tuple[type[Experiment], ...] = (
    Theorem1,
    Theorem2,
    ImplicitActivation,
    Transfer,
    TwoFaces,
    ToyRegression,
    Rgb,
    SupervisedComparison,
    MultiPoint,
    PatternComparison,
    Cheat,
    ActivationTable,
    MemorizingNetwork,
    Dimension,
    Inertia,
    Walk,
    Connect,
    Assumptions,
    CriticalPoint,
    FeatureRank,
    Separability,
    CriticalSearch,
    WidthStudy,
    Gallery,
    Plane,
    EigenPlane,
)


def find(kind: str) -> type[Experiment]:
    """Return the experiment of that kind; raises `SpecError` listing what there is."""
    by_kind = {kind_of(experiment): experiment for experiment in EXPERIMENTS}
    if kind not in by_kind:
        raise SpecError(f"field 'kind' is {kind!r}: no such experiment; there are {', '.join(by_kind)}")
    return by_kind[kind]


def from_json(data: Any, source: str = "") -> Experiment:
    """Return the experiment a recipe describes; raises `SpecError` with one sentence."""
    where = f"{source}: " if source else ""
    if not isinstance(data, dict):
        raise SpecError(f'{where}a recipe is a JSON object such as {{"kind": "theorem1"}}')
    if "kind" not in data:
        raise SpecError(f"{where}field 'kind' is missing")
    try:
        found = find(str(data["kind"]))
    except SpecError as error:
        raise SpecError(f"{where}{error}") from None
    return parse(found, data, source)
