"""How a measured point is judged: every hypothesis a row with its number, and a theorem applied only if all of them hold."""

import math

from lsviewer.core.claims import Claim, Verdict, at_most
from lsviewer.core.numerals import num
from lsviewer.engine.block_hessian import Block, structural_nullity
from lsviewer.engine.existence import Existence
from lsviewer.engine.linalg import EPS
from lsviewer.engine.separability import Separation
from lsviewer.experiments.wide_layers.assumptions import distinct
from lsviewer.experiments.wide_layers.facts import activation_facts, loss_is_regular
from lsviewer.experiments.wide_layers.findings import CANCELS, AtLayer, Findings, WeightRank
from lsviewer.experiments.wide_layers.setting import Problem

SMALL_PHI = 1e-12  # of Phi at outputs zero: a bound below says that the point is a global minimum to six digits


def identities(found: Findings) -> Claim:
    """Return the row of lemma 2.1."""
    rounding = 8.0 * EPS * found.problem.samples * found.problem.stack.depth
    statement = "Lemma 2.1: backpropagation equals autograd"
    if found.gradient <= 1e-3 * found.rounding * found.cancellation:  # the terms, not only their sum
        reason = "every term of the gradient lies below its rounding"
        expected = f"≤ {num(rounding)} of the terms"
        return Claim(statement, expected, found.identities, rounding, Verdict.UNDECIDED, reason)
    return at_most(
        statement, found.identities, rounding,
        expected=f"≤ {num(rounding)} of the terms",
    )  # fmt: skip


def critical(found: Findings) -> Claim:
    """Return whether the point is critical."""
    reason = ""
    state = found.critical
    if state is False:
        reason = f"|∇Φ| = {num(found.gradient)}: this is no critical point; only the bound says something here"
    elif state is None:
        reason = (
            f"parameters up to {num(found.far)}: the gradient fades towards infinity"
            if found.far >= 1e4
            else f"|∇Φ| is {num(found.cancellation)} of its terms, not below {num(CANCELS, 1)}: a plateau"
        )
    evidence = (
        ("rounding of |∇Φ|", found.rounding), ("|∇Φ| over its terms", found.cancellation), ("largest |θᵢ|", found.far),
    )  # fmt: skip
    return Claim(
        "The gradient vanishes", f"≤ {num(found.small)}", found.gradient, found.small, of(state), reason, "", evidence
    )  # fmt: skip


def not_critical(found: Findings) -> str:
    """Return why the point is not taken for critical."""
    return "the gradient does not vanish" if found.critical is False else "whether the gradient vanishes is undecided"


def of(state: bool | None) -> Verdict:
    """Return holds, fails, or undecided for None."""
    return Verdict.UNDECIDED if state is None else Verdict.HOLDS if state else Verdict.FAILS


def assumption(problem: Problem) -> Claim:
    """Return assumption 3.2 with sigma' > 0 as one row."""
    facts = activation_facts(problem.network.activation)
    data = distinct(problem)
    if data.verdict is Verdict.FAILS:
        verdict, reason = Verdict.FAILS, f"(1) fails: {data.reason}"
    elif not facts.assumption:
        verdict, reason = Verdict.FAILS, f"(2) fails: {problem.network.activation.label} is {facts.words}"
    elif not loss_is_regular(problem.objective.loss):
        verdict, reason = Verdict.FAILS, "(3) fails: the squared hinge is not C²"
    elif not facts.steep:
        verdict = Verdict.FAILS
        reason = (
            f"σ′ > 0 fails for {problem.network.activation.label}: the proofs need it, the paper does not ask for it"
        )
    elif facts.probed:
        verdict, reason = Verdict.UNDECIDED, f"σ is not in the table of known functions: {facts.words}"
    else:
        verdict, reason = Verdict.HOLDS, ""
    return Claim("Assumptions 3.2 hold, and σ′ > 0", "all", None, None, verdict, reason)


def rank_of_features(found: AtLayer, samples: int) -> Claim:
    """Return condition 1 of lemma 3.5 (theorem 3.4 for k = 0)."""
    matrix = "[X, 1]" if found.layer == 0 else f"[F_{found.layer}, 1]"
    answer = found.features
    state = True if answer.full else False if answer.answer == "deficient by construction" else None
    evidence = (
        (f"s_N({matrix})", found.least), ("rounding of it", found.doubt), ("margin of the certificate", answer.margin),
        ("answer", answer.answer),
    )  # fmt: skip
    reason = answer.answer if state else f"{answer.answer}: {answer.reason}"
    return Claim(f"rank {matrix} = N", f"= {samples}", answer.rank, None, of(state), reason, "", evidence)


def rank_of_weights(one: WeightRank) -> Claim:
    """Return whether W_l has full column rank."""
    state = one.holds
    reason = ""
    if state is False:
        reason = f"s_min = {num(one.least)}" if one.least > 0 or one.rank else "the matrix is zero"
    elif state is None:
        reason = f"s_min = {num(one.least)} against a rounding of {num(one.rounding)}"
    evidence = (("s_min", one.least), ("rounding", one.rounding))
    return Claim(
        f"W_{one.layer} has full column rank", f"= {one.columns}", one.rank, one.rounding, of(state), reason, "", evidence
    )  # fmt: skip


def rows(found: Findings, layer: int) -> tuple[Claim, ...]:
    """Return the hypotheses of lemma 3.5 at layer k (theorem 3.4 for k = 0), and the slopes the bound needs."""
    here = found.at(layer)
    slopes = Claim(
        f"σ′ > 0 at all pre-activations above layer {layer}", "> 0", here.slopes, 0.0, of(here.slopes > 0.0),
        "" if here.slopes > 0.0 else "some unit has slope zero: what is below it cannot be seen from above",
    )  # fmt: skip
    return (rank_of_features(here, found.problem.samples), *map(rank_of_weights, here.weights), slopes)


def bound(found: Findings, layer: int) -> Claim:
    """Return the quantitative lemma 3.5: Phi below a bound made of the gradient and the ranks."""
    here = found.at(layer)
    squared = found.problem.objective.loss.kind == "squared"
    evidence = (
        ("|∇Φ| of layer k + 1", here.gradient), ("rounding of it", here.rounding), ("s_N([F_k, 1])", here.least),
        ("product of least slopes", here.steepness), *((f"s_min(W_{w.layer})", w.least) for w in here.weights),
    )  # fmt: skip
    statement = f"Φ is below the bound of lemma 3.5 at layer {layer}"
    if not squared:
        reason = f"made for the squared loss; here it says |l′(F_L − Y)| ≤ {num(here.bound)}"
        return Claim(statement, "squared loss", found.phi, None, Verdict.NOT_APPLICABLE, reason, "", evidence)
    if math.isinf(here.bound):
        broken = obstacle(found, layer)
        verdict = Verdict.UNDECIDED if broken is None or broken[0] is Verdict.UNDECIDED else Verdict.NOT_APPLICABLE
        reason = f"the bound is infinite: {broken[1] if broken else 'rounding eats a factor of it'}"
        return Claim(statement, "finite", found.phi, None, verdict, reason, "", evidence)
    verdict = of(found.phi <= here.phi_bound)
    return Claim(statement, f"≤ {num(here.phi_bound)}", found.phi, here.phi_bound, verdict, "", "", evidence)


def obstacle(found: Findings, layer: int) -> tuple[Verdict, str] | None:
    """Return the first row that does not hold, its verdict and its words, or None."""
    for row in (assumption(found.problem), *rows(found, layer)):
        if row.verdict is not Verdict.HOLDS:
            return row.verdict, f"{row.statement}: {row.verdict.words}" + (f" ({row.reason})" if row.reason else "")
    return None


def lemma(found: Findings, layer: int) -> Claim:
    """Return what lemma 3.5 (theorem 3.4 for k = 0) concludes about the point."""
    name = "theorem 3.4" if layer == 0 else f"lemma 3.5, k = {layer}"
    statement = f"A global minimum ({name})"
    here = found.at(layer)
    limit = max(SMALL_PHI * found.problem.scale, found.problem.rounding)
    problem = found.problem
    broken = obstacle(found, layer)
    if problem.unreachable:
        reason = f"{problem.unreachable} targets lie outside the range of the output: the minimum is not attained"
        return Claim(statement, f"Φ ≤ {num(limit)}", found.phi, limit, Verdict.NOT_APPLICABLE, reason)
    if broken is not None:
        verdict = Verdict.UNDECIDED if broken[0] is Verdict.UNDECIDED else Verdict.NOT_APPLICABLE
        return Claim(statement, f"Φ ≤ {num(limit)}", found.phi, limit, verdict, broken[1])
    if problem.objective.loss.kind != "squared":
        state = True if found.zero and found.critical else None
        reason = (
            ""
            if state
            else f"all conditions hold; |l′(F_L − Y)| ≤ {num(here.bound)} does not yet bound Φ for this loss"
        )
        return Claim(statement, "Φ = 0 to rounding", found.phi, problem.rounding, of(state), reason)
    if here.phi_bound <= limit:
        return Claim(statement, f"Φ ≤ {num(limit)}", here.phi_bound, limit, Verdict.HOLDS, "measured is the bound of Φ")
    near = here.gradient > 10.0 * here.rounding and here.gradient > found.small
    reason = (
        f"|∇Φ| of layer {layer + 1} is {num(here.gradient)}: not critical; Φ ≤ {num(here.phi_bound)} is what follows"
        if near
        else f"the conditions hold by so little that only Φ ≤ {num(here.phi_bound)} follows"
    )
    return Claim(
        statement, f"Φ ≤ {num(limit)}", here.phi_bound, limit, Verdict.FAILS if near else Verdict.UNDECIDED, reason
    )  # fmt: skip


def existence(problem: Problem, nearby: Existence) -> Claim:
    """Return whether an exact global minimum is certain to exist near the point."""
    statement = "An exact global minimum exists within r"
    expected = "= r, by Krawczyk's test"
    if (pair := problem.contradiction) is not None:
        reason = f"samples {pair[0]} and {pair[1]} are equal and have different targets: Φ = 0 cannot be reached"
        return Claim(statement, expected, None, None, Verdict.NOT_APPLICABLE, reason)
    if problem.unreachable:
        reason = f"{problem.unreachable} targets lie outside the range of the output: Φ = 0 cannot be reached"
        return Claim(statement, expected, None, None, Verdict.NOT_APPLICABLE, reason)
    evidence = tuple(
        (name, value)
        for name, value in (
            ("Newton's step in the slice", nearby.step),
            ("variation of the Jacobian", nearby.contraction),
        )
        if math.isfinite(value)
    )
    if nearby.answer == "exists":
        reason = f"{nearby.reason} and outward rounding: Φ = 0 exactly at some point that near"
        return Claim(statement, expected, nearby.radius, None, Verdict.HOLDS, reason, "", evidence)
    verdict = Verdict.UNDECIDED if nearby.answer == "not contracted" else Verdict.NOT_APPLICABLE
    return Claim(statement, expected, None, None, verdict, nearby.reason, "", evidence)


# --- theorem 3.8 -------------------------------------------------------------------------------------------------------------


def non_degenerate(found: Findings, layer: int, block: Block | None, why: str = "") -> Claim:
    """Return condition 1 of theorem 3.8 for one subset I."""
    n_k, samples = found.problem.stack.widths[layer], found.problem.samples
    structural = structural_nullity(found.problem.objective, layer)
    words = "" if block is None else "I = {" + ", ".join(map(str, block.layers)) + "}"
    statement = f"The block Hessian of {words or f'layers with {layer + 1}'} is non-singular (3.8, condition 1)"
    if structural:
        nullity = f"{block.nullity} found" if block is not None else "not counted"
        reason = (
            f"cannot hold: n_k = {n_k} ≥ N = {samples} leaves at least {structural} zeros at every point ({nullity})"
        )
        return Claim(
            statement, "nullity 0", structural if block is None else block.nullity, None, Verdict.FAILS, reason
        )
    if block is None:
        return Claim(statement, "nullity 0", None, None, Verdict.UNDECIDED, why)
    evidence = (
        ("least |λ|", block.least), ("tolerance", block.inertia.tolerance), ("parameters", block.size),
        ("gap", block.inertia.gap),
    )  # fmt: skip
    state = None if not block.clear else block.nullity == 0
    reason = ""
    if state is None:
        reason = f"least |λ| = {num(block.least)} against a tolerance of {num(block.inertia.tolerance)}: not resolved"
    elif not state and found.zero and block.size > samples * found.problem.objective.outputs:
        reason = (
            f"{block.size} parameters, rank at most N m = {samples * found.problem.objective.outputs} at a zero of Φ"
        )
    return Claim(statement, "nullity 0", block.nullity, block.inertia.tolerance, of(state), reason, "", evidence)


def theorem_3_8(found: Findings, layer: int, condition: Claim) -> Claim:
    """Return what theorem 3.8 concludes for this k and subset."""
    statement = f"A global minimum (theorem 3.8, k = {layer})"
    problem, here = found.problem, found.at(layer)
    wide = problem.stack.widths[layer] >= problem.samples - 1
    start = assumption(problem)
    conditions = (
        (start.verdict is Verdict.HOLDS, start.verdict, start.reason),
        (wide, Verdict.FAILS, f"n_{layer} = {problem.stack.widths[layer]} < N − 1 = {problem.samples - 1}"),
        (found.critical is True, of(found.critical), not_critical(found)),
        (condition.verdict is Verdict.HOLDS, condition.verdict, f"condition 1: {condition.reason or condition.verdict.words}"),
        (here.ranks is True, of(here.ranks), "condition 2: some W_l above does not have full column rank"),
        (not problem.unreachable, Verdict.FAILS, "the minimum is not attained"),
    )  # fmt: skip
    for holds, verdict, reason in conditions:
        if not holds:
            shown = Verdict.UNDECIDED if verdict is Verdict.UNDECIDED else Verdict.NOT_APPLICABLE
            return Claim(statement, "all conditions", found.phi, None, shown, reason)
    reason = "all conditions hold; with n_k = N − 1 they imply rank [F_k, 1] = N, and lemma 3.5 says the same"
    limit = max(SMALL_PHI * problem.scale, problem.rounding)
    return Claim(statement, "all conditions", found.phi, limit, of(True if found.phi <= limit else None), reason)


def corollary_3_9(found: Findings, whole: Block | None) -> Claim:
    """Return whether the point is a non-degenerate local minimum, which corollary 3.9 asks for."""
    statement = "A non-degenerate local minimum (corollary 3.9)"
    problem = found.problem
    numbers, size = problem.samples * problem.objective.outputs, problem.stack.size
    if size > numbers and found.zero:
        reason = f"vacuous: {size} parameters for N m = {numbers} residuals leave at least {size - numbers} zeros in the Hessian"
        return Claim(statement, "λ_min > 0", None, None, Verdict.NOT_APPLICABLE, reason)
    if whole is None:
        return Claim(
            statement, "λ_min > 0", None, None, Verdict.UNDECIDED, f"{size} parameters: the Hessian was not computed"
        )
    least = float(whole.eigenvalues[0])
    if found.critical is not True:
        verdict = Verdict.UNDECIDED if found.critical is None else Verdict.NOT_APPLICABLE
        return Claim(statement, "λ_min > 0", least, None, verdict, not_critical(found))
    state = (
        least > whole.inertia.tolerance
        if abs(least) > whole.inertia.tolerance
        else None
        if whole.nullity == 0
        else False
    )
    evidence = (("positive", whole.inertia.positive), ("zero", whole.nullity), ("negative", whole.inertia.negative))
    return Claim(statement, "λ_min > 0", least, whole.inertia.tolerance, of(state), "", "", evidence)


# --- theorem 5.3 -------------------------------------------------------------------------------------------------------------


def theorem_5_3(found: Findings, layer: int, classes: tuple[Separation, ...]) -> Claim:
    """Return what theorem 5.3 may conclude: a global minimum only for k = L - 1, or k = 0 with L = 1 above it."""
    statement = f"A global minimum (theorem 5.3, k = {layer})"
    problem, here = found.problem, found.at(layer)
    facts = activation_facts(problem.network.activation)
    separable = all(one.separable is True for one in classes)
    if problem.objective.loss.kind != "squared_hinge":
        reason = "assumptions 5.2 want a loss such as the squared hinge"
        return Claim(statement, "all conditions", found.phi, None, Verdict.NOT_APPLICABLE, reason)
    for holds, verdict, reason in (
        (facts.once and facts.increasing and facts.steep, Verdict.FAILS, f"{problem.network.activation.label} is {facts.words}"),
        (separable, of(False if any(one.separable is False for one in classes) else None), f"layer {layer} is not separable"),
        (here.ranks is True, of(here.ranks), "some W_l above does not have full column rank"),
        (found.critical is True, of(found.critical), not_critical(found)),
    ):  # fmt: skip
        if not holds:
            shown = Verdict.UNDECIDED if verdict is Verdict.UNDECIDED else Verdict.NOT_APPLICABLE
            return Claim(statement, "all conditions", found.phi, None, shown, reason)
    if layer < problem.stack.depth - 1:
        reason = (
            f"separable at layer {layer}, with k ≤ L − 2: the proof has a gap there, and a numerical counterexample is known "
            "(C¹ activation); no conclusion is drawn"
        )
        return Claim(statement, "k = L − 1", found.phi, None, Verdict.UNDECIDED, reason)
    if facts.probed:
        return Claim(
            statement, "all conditions", found.phi, None, Verdict.UNDECIDED, f"σ is only probed: {facts.words}"
        )
    return Claim(
        statement, "all conditions", found.phi, problem.rounding, of(True if found.phi <= 1e-12 else None), "safe for k = L − 1"
    )  # fmt: skip
