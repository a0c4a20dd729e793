"""Theorems 3.4 and 3.8, lemma 3.5 and corollary 3.9 at one point: every hypothesis measured, the conclusion only if all hold."""

import itertools
import math
from typing import ClassVar, Literal

import torch
from pydantic import Field

from lsviewer.core.artifacts import Checkpoint, Curve, Level, Series, Spectrum
from lsviewer.core.claims import Claim, Number, Report, Verdict
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.numerals import num
from lsviewer.core.spec import SpecError
from lsviewer.engine.block_hessian import Block, block_hessian, size_of, structural_nullity
from lsviewer.engine.context import Context
from lsviewer.engine.existence import Existence, zero_nearby
from lsviewer.engine.params import to_numpy
from lsviewer.engine.points import Found
from lsviewer.engine.separability import classes_of, separate_all
from lsviewer.experiments.wide_layers import verdicts
from lsviewer.experiments.wide_layers.assumptions import attainable
from lsviewer.experiments.wide_layers.findings import AtLayer, Findings, examine
from lsviewer.experiments.wide_layers.places import Located, Place, Polish, locate
from lsviewer.experiments.wide_layers.setting import Problem, WideLayers, features_name

TRIED = 600  # parameters of a block up to which every subset I is tried
ITERATES = 40  # points of the way down at which the bound is drawn


class CriticalPoint(WideLayers):
    """Let assumptions 3.2 hold. Theorem 3.8: if n_k ≥ N − 1 for some k, then every critical point that is non-degenerate on the
    layers of some I ⊆ {k+1, …, L} with k+1 ∈ I, and at which W_{k+2}, …, W_L have full column rank, is a global minimum. Lemma
    3.5: so is every point with rank [F_k, 1] = N, the same ranks above, and ∇Φ = 0 in layer k+1. Theorem 3.4: if rank [X, 1] = N,
    so is every critical point at which W_2, …, W_L have full column rank. Corollary 3.9: if n_k ≥ N − 1, so is every
    non-degenerate local minimum at which W_{k+2}, …, W_L have full column rank.

    Measured: the identities of lemma 2.1, every hypothesis with its margin, and the main verdict, which needs no exact zero:
    a bound of Φ made of the gradient and the ranks. For small networks also whether an exact zero of Φ is certain to exist
    nearby, by Krawczyk's test in ball arithmetic.
    """

    title: ClassVar[str] = "Critical point"
    place: ClassVar[str] = "theorems 3.4 and 3.8, lemma 3.5"
    formula: ClassVar[str] = (
        r"\Phi \leq \left( \frac{\|\nabla_{k+1}\Phi\|}{2\, s_N([F_k, 1]) \prod_{l \geq k+2} s_{\min}(W_l) "
        r"\prod_{l \geq k+1} \min \sigma'(G_l)} \right)^2"
    )
    short_formula: ClassVar[str] = r"\mathrm{rank}\,[F_k, 1] = N, \; \nabla_{k+1}\Phi = 0 \Rightarrow \Phi = 0"
    caveats: ClassVar[tuple[str, ...]] = (
        "Theorem 3.8, condition 1, can hold only for n_k = N − 1: with n_k ≥ N the kernel of [F_k, 1] gives every block Hessian "
        "with layer k+1 at least n_{k+1} (n_k + 1 − N) zeros, at every point.",
        "With n_k = N − 1 the conditions force n_{k+1} = … = n_L = m and I = {k+1}, and imply rank [F_k, 1] = N: the theorem "
        "reduces to lemma 3.5.",
        "Theorem 3.4 and lemma 3.5 need σ′ > 0, which is not asked for: with σ′ = 0 the gradient hides an error; "
        "tanh(t³) gives a critical point with Φ > 0.",
        "Corollary 3.9 is vacuous for n > N m: at Φ = 0 the Hessian has n − N m zeros or more, and no minimum there is "
        "non-degenerate.",
        "Theorem 5.3 is used for k = L − 1 only: for k ≤ L − 2 its proof has a gap, and a numerical counterexample is known.",
        "An identity output is an extension of the paper; the proofs carry over with σ′ = 1 there.",
    )

    kind: Literal["critical_point"] = "critical_point"
    point: Place = Field(Found(), title="Point")
    polish: Polish = Field(
        "no", title="Polish", description="First go down the loss, or to a zero of the gradient, from a given point."
    )
    layer: int | None = Field(
        None, ge=0, le=64, title="Layer k", description="0 is theorem 3.4; empty tries all and takes the least bound."
    )
    subset: tuple[int, ...] = Field(
        (),
        max_length=64,
        title="Layers I",
        description="Of theorem 3.8, with k + 1 among them; empty tries all subsets.",
    )
    tries: int = Field(8, ge=1, le=200, title="Starts", description="Ways down, of which the best is taken.")
    steps: int = Field(300, ge=1, le=10_000, title="Steps at most")

    @property
    def verb(self) -> str:
        return "Check the point"

    def notes(self) -> tuple[str, ...]:
        """Return what these settings lead to."""
        if self.network.activation.kind == "relu":
            return ("relu is not analytic: assumption 3.2 fails, and what can be measured is shown all the same.",)
        return ()

    def run(self, context: Context) -> Job:
        """Return the job: artifacts bound, singular_values, block, point."""
        yield Progress(0.0, "reading the data")
        problem = self.pose(context)
        layers = self._layers(problem)
        way = locate(problem, self.point, context, polish=self.polish, steps=self.steps, tries=self.tries)
        located = yield from within(way, 0.0, 0.5)
        return (yield from within(check(problem, located, layers, self.subset), 0.5, 1.0))

    def _layers(self, problem: Problem) -> tuple[int, ...]:
        depth = problem.stack.depth
        if self.layer is None:
            if self.subset:
                first = min(self.subset) - 1
                return (self._inside(first, depth),)
            return tuple(range(depth))
        return (self._inside(self.layer, depth),)

    def _inside(self, layer: int, depth: int) -> int:
        if not 0 <= layer < depth:
            raise SpecError(f"field 'layer' is {layer}: 0 to {depth - 1} are expected, there are {depth} layers")
        if any(not layer < number <= depth for number in self.subset) or (self.subset and layer + 1 not in self.subset):
            raise SpecError(
                f"field 'subset' is {list(self.subset)}: layers from {layer + 1} to {depth} with {layer + 1} among them "
                f"are expected for layer k = {layer}"
            )
        return layer


def check(problem: Problem, located: Located, layers: tuple[int, ...], subset: tuple[int, ...] = ()) -> Job:
    """Return the job that judges a point: artifacts bound, singular_values, block, point. No subset: all are tried."""
    found = yield from within(examine(problem, located.theta, layers), 0.0, 0.4)
    layer = chosen(found)
    if located.path is not None and len(located.path) > 1:
        yield (yield from within(bound_curve(problem, located, layer), 0.4, 0.5))
    yield singular_values(found.at(layer), problem.samples)
    block = yield from within(_block(problem, located, layer, subset), 0.5, 0.7)
    if block is not None:
        which = "layer" if len(block.layers) == 1 else "layers"
        title = f"Hessian of {which} {', '.join(map(str, block.layers))}, nullity {block.nullity}"
        yield Spectrum("block", title, block.eigenvalues.cpu().numpy(), "eigenvalue", block.inertia.tolerance)
    yield Checkpoint("point", problem.describe(), to_numpy(problem.named(located.theta)), (), located.words)
    whole = None
    if problem.stack.size <= TRIED:
        every = tuple(range(1, problem.stack.depth + 1))
        whole = yield from within(block_hessian(problem.objective, located.theta, every), 0.7, 0.8)
    nearby = yield from within(zero_nearby(problem.objective, located.theta), 0.8, 0.9)
    separable = yield from within(_separable(found, layer), 0.9, 1.0)
    return report(found, layer, located.words, block, whole, nearby, separable)


def _block(problem: Problem, located: Located, layer: int, wanted: tuple[int, ...]) -> Step[Block | None]:
    """Return the block Hessian of the subset wanted, or of the one that is least singular."""
    above = range(layer + 2, problem.stack.depth + 1)
    subsets = [(layer + 1, *rest) for count in range(len(above) + 1) for rest in itertools.combinations(above, count)]
    subsets = [tuple(sorted(set(wanted)))] if wanted else subsets[:16]
    best: Block | None = None
    for subset in subsets:
        if not wanted and size_of(problem.objective, subset) > TRIED:
            continue
        block = yield from block_hessian(problem.objective, located.theta, subset)
        if best is None or (not block.nullity and best.nullity):
            best = block
    return best


def _separable(found: Findings, layer: int) -> Step[Claim | None]:
    problem = found.problem
    if problem.objective.loss.kind != "squared_hinge":
        return None
    features = problem.objective.forward(found.theta).features[layer]
    classes = yield from separate_all(features, classes_of(problem.objective.y), problem.objective.outputs)
    return verdicts.theorem_5_3(found, layer, classes)


def chosen(found: Findings) -> int:
    """Return the layer whose bound says most; without a finite bound the widest one."""
    widths = found.problem.stack.widths
    return min(found.layers, key=lambda one: (one.bound, -widths[one.layer] if one.layer else 0)).layer


def bound_curve(problem: Problem, located: Located, layer: int) -> Step[Curve]:
    """Return Phi and its bound along the way down."""
    assert located.path is not None
    count = len(located.path)
    picks = (
        sorted({round(k * (count - 1) / (ITERATES - 1)) for k in range(ITERATES)}) if count > ITERATES else range(count)
    )
    phi, bounds = [], []
    for done, k in enumerate(picks):
        found = yield from examine(problem, located.path[k], (layer,))
        phi.append(max(found.phi, 1e-40))
        limit = found.at(layer).phi_bound
        bounds.append(limit if math.isfinite(limit) else math.nan)
        yield Progress(done / count, "bound along the way")
    x = torch.tensor(list(picks), dtype=torch.float64).numpy()
    series = [Series("Φ", x, torch.tensor(phi, dtype=torch.float64).numpy())]
    if problem.objective.loss.kind == "squared" and not all(map(math.isnan, bounds)):
        series.append(Series(f"bound, k = {layer}", x, torch.tensor(bounds, dtype=torch.float64).numpy(), "dashed"))
    return Curve("bound", "Φ and the bound of lemma 3.5 on the way down", "step", "Φ", tuple(series), log_y=True)


def singular_values(here: AtLayer, samples: int) -> Curve:
    """Return the artifact ``singular_values`` of [F_k, 1]."""
    values = here.features.singular_values.cpu().numpy().clip(min=1e-40)
    index = torch.arange(1, len(values) + 1, dtype=torch.float64).numpy()
    return Curve(
        "singular_values", f"Singular values of {features_name(here.layer)}", f"index, N = {samples}",
        "singular value", (Series("singular values", index, values, "stems" if len(values) <= 64 else "points"),),
        log_y=True, levels=(Level(max(here.doubt, 1e-40), "rounding"),),
    )  # fmt: skip


def report(
    found: Findings, layer: int, words: str, block: Block | None, whole: Block | None, nearby: Existence,
    separable: Claim | None,
) -> Report:  # fmt: skip
    """Return all rows: the main verdict first, then what it rests on."""
    problem, here = found.problem, found.at(layer)
    main = verdicts.lemma(found, layer)
    claims = [main, verdicts.existence(problem, nearby), verdicts.bound(found, layer), verdicts.critical(found)]
    claims += [verdicts.assumption(problem), attainable(problem)]
    claims += verdicts.rows(found, layer)
    if layer > 0:
        why = f"more than {TRIED} parameters; choose I, or a smaller network"
        condition = verdicts.non_degenerate(found, layer, block, why)
        claims += [condition, verdicts.theorem_3_8(found, layer, condition)]
    claims += [verdicts.corollary_3_9(found, whole)]
    others = [one.layer for one in found.layers if one.layer != layer]
    claims += [verdicts.lemma(found, other) for other in others]
    if separable is not None:
        claims.append(separable)
    claims.append(verdicts.identities(found))
    numbers: dict[str, Number | str] = {
        "loss": found.phi, "gradient_norm": found.gradient, "cancellation": found.cancellation, "layer": layer,
        "rank_features": here.features.rank, "features": here.features.answer,
        "features_margin": words_of(here.least / here.doubt if here.doubt > 0 else math.inf),
        **{f"rank_weights_{one.layer}": one.rank for one in here.weights},
        **{f"sigma_min_weights_{one.layer}": one.least for one in here.weights},
        "block_nullity": "not computed" if block is None else block.nullity,
        "structural_nullity": structural_nullity(problem.objective, layer),
        "lemma_3_5_bound": words_of(here.phi_bound) if problem.objective.loss.kind == "squared" else "squared loss only",
        "certificate_radius": nearby.radius if nearby.answer == "exists" else "none",
        "parameters": problem.stack.size, "network": problem.words, "point": words, "data_sha256": problem.data.sha256,
    }  # fmt: skip
    return Report(
        tuple(claims), numbers, means=_meaning(found, main, layer) + _nearby(nearby),
        does_not_mean="Nothing about other critical points; those that break a rank condition the theorems leave open.",
    )  # fmt: skip


def words_of(value: float) -> Number | str:
    """Return a number, or the word for what JSON cannot hold."""
    return value if math.isfinite(value) else "infinite"


def _nearby(nearby: Existence) -> str:
    return f" An exact global minimum exists within {num(nearby.radius)}." if nearby.answer == "exists" else ""


def _meaning(found: Findings, main: Claim, layer: int) -> str:
    here = found.at(layer)
    if main.verdict is Verdict.HOLDS:
        if found.problem.objective.loss.kind != "squared":
            return f"Φ is zero to rounding, and no loss is below: a global minimum (k = {layer})."
        bound = f"{num(here.phi_bound)}"
        return f"Whatever the exact gradient is, Φ lies below {bound}: a global minimum to that accuracy (k = {layer})."
    if math.isfinite(here.phi_bound) and found.problem.objective.loss.kind == "squared":
        return (
            f"Φ = {num(found.phi, 3)}; the gradient and the ranks at layer {layer} allow at most {num(here.phi_bound)}."
        )
    critical = {True: "The gradient vanishes", False: "The gradient does not vanish", None: "The gradient is small"}
    return f"{critical[found.critical]} with Φ = {num(found.phi, 3)}, and no theorem applies: {main.reason}."
