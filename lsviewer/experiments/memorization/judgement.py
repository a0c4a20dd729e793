"""How a measured point is judged: claims with the numbers that decide, the counts as numbers or in words, and the
pictures.

A count is never given where it is not one: "not applicable" where a hypothesis fails (a flat residual, no zero of the
loss, too few parameters), "not resolved" where the decisive eigenvalue does not stand ten tolerances high.
"""

import math

import torch
from torch import Tensor

from lsviewer.core.artifacts import Checkpoint, Curve, Level, Series, Spectrum
from lsviewer.core.claims import Claim, Number, Verdict, at_most
from lsviewer.core.jobs import Step
from lsviewer.core.numerals import num
from lsviewer.engine import linalg
from lsviewer.engine.gauss_newton import pull
from lsviewer.engine.params import to_numpy
from lsviewer.engine.traits import traits
from lsviewer.experiments.memorization.minimum import FLAT, JacobianRank, Minimum, Place
from lsviewer.experiments.memorization.setting import Evidence, Problem


def on_manifold(found: Place, floor: float = 0.0) -> Claim:
    """Return the claim that the point lies on M: L = 0 to rounding. ``floor``: what contradictory targets leave of L."""
    statement, expected = "The point lies on M", f"L ≤ {num(found.limit)}"
    evidence: Evidence = (("lowest loss any function of x can have", floor),)
    if found.jacobian.rank.rank == found.m:
        sigma = float(found.jacobian.singular_values[-1])
        evidence += (("distance from M to first order, at most", math.sqrt(found.sum_of_squares) / sigma),)
    if found.on_manifold:
        return Claim(statement, expected, found.loss, found.limit, Verdict.HOLDS, "", "", evidence)
    verdict = Verdict.FAILS if found.far else Verdict.UNDECIDED
    if floor > 0.0:
        verdict, reason = (
            Verdict.FAILS,
            f"M is empty: equal inputs have different targets, which leaves L ≥ {num(floor, 4)}",
        )
    elif found.far:
        reason = f"L = {num(found.loss, 3)}: this is no minimum with loss zero; Polish drives the loss down"
    else:
        reason = f"L = {num(found.loss, 3)} is small but not zero; Polish drives the loss down"
    return Claim(statement, expected, found.loss, found.limit, verdict, reason, "", evidence)


def smooth(problem: Problem) -> tuple[Claim, ...]:
    """Return the claim about an activation with kinks, where all else holds for the smooth piece around the point only."""
    activation = problem.network.activation
    if traits(activation).smooth:
        return ()
    reason = f"{activation.label} has kinks: the theorem is about smooth networks; this is the smooth piece around"
    return (Claim("The activation is smooth", "smooth", None, None, Verdict.NOT_APPLICABLE, f"{reason} the point"),)


def full_rank(found: JacobianRank, m: int) -> Claim:
    """Return the claim that 0 is a regular value here: J has rank m."""
    values = found.singular_values
    evidence: Evidence = (
        ("largest singular value", float(values[0])), ("smallest singular value", float(values[-1])),
        ("tolerance", found.rank.tolerance), ("method", "SVD of J" if found.by == "svd" else "eigenvalues of J Jᵀ"),
    )  # fmt: skip
    rank = found.rank.rank
    if len(values) < m:
        verdict, reason = (
            Verdict.NOT_APPLICABLE,
            f"{len(values)} parameters cannot give {m} numbers a Jacobian of full rank",
        )
    elif rank == m:
        verdict, reason = Verdict.HOLDS, ""
    elif found.clear:
        verdict, reason = Verdict.FAILS, f"rank {rank} of {m}, with a gap of {num(found.rank.gap)}: a singular point"
    else:
        verdict, reason = (
            Verdict.UNDECIDED,
            f"{rank} of {m} singular values above the tolerance, without a clear gap: not resolved",
        )
    return Claim("J has full rank", f"= {m}", rank, found.rank.tolerance, verdict, reason, "", evidence)


def gradients(found: JacobianRank) -> Claim:
    """Return the claim that no residual is flat: every M_i is smooth near the point."""
    verdict = Verdict.FAILS if found.flat else Verdict.HOLDS
    reason = (
        "some f_i has gradient zero here: its zero set need not be smooth, proposition 2.3 does not apply"
        if found.flat
        else ""
    )
    return Claim(
        "Every ∇fᵢ is not zero", f"> {FLAT:g} of its usual size", found.least_gradient, FLAT * found.typical_gradient,
        verdict, reason, "", (("usual size", found.typical_gradient),),
    )  # fmt: skip


def counts(found: Minimum, d: str = "d") -> tuple[Claim, ...]:
    """Return the claims of proposition 2.3: (m, n - m, 0), and where J is singular that the rank counts. ``d`` names m."""
    obstacle = _obstacle(found)
    positive, zero, negative = found.inertia.counts
    tolerance = found.inertia.tolerance
    lowest: Evidence = (
        ("smallest positive", found.inertia.smallest), ("tolerance", tolerance),
        ("ratio, needed > 10", found.inertia.smallest / tolerance if tolerance > 0 else math.inf),
    )  # fmt: skip
    within_zero: Evidence = (("largest in size", found.inertia.zero_radius),)
    zeros = f"{found.n - found.m} eigenvalues are zero" if found.n > found.m else "The other eigenvalues are zero"
    rows: tuple[tuple[str, str, int, int, Evidence], ...] = (
        (f"{found.m} eigenvalues are positive", f"= {d}", positive, found.m, lowest),
        (zeros, f"= n − {d}", zero, found.n - found.m, within_zero),
        ("No eigenvalue is negative", "= 0", negative, 0, (("most negative", min(0.0, float(found.eigenvalues[0]))),)),
    )  # fmt: skip
    claims = []
    for statement, expected, measured, wanted, evidence in rows:
        if obstacle is not None:
            verdict, reason = obstacle
            shown = measured if found.resolved and not found.jacobian.flat else None
            claims.append(Claim(statement, expected, shown, tolerance, verdict, reason, "", evidence))
            continue
        verdict = Verdict.HOLDS if measured == wanted else Verdict.FAILS
        claims.append(Claim(statement, expected, measured, tolerance, verdict, "", "", evidence))
    if found.jacobian.rank.rank < found.m and found.resolved and not found.jacobian.flat:
        rank = found.jacobian.rank.rank
        verdict = Verdict.HOLDS if found.inertia.counts == (rank, found.n - rank, 0) else Verdict.FAILS
        statement = "As many eigenvalues are positive as J has rank, the others are zero"
        claims.append(Claim(statement, f"= {rank}", positive, tolerance, verdict, "", "", lowest))
    if found.disagreement is not None and found.loss <= 1e-4 * found.scale:
        claims.append(
            at_most(
                "The Hessian's spectrum is that of 2 J Jᵀ",
                found.disagreement,
                10.0 * tolerance,
                expected="equal up to 10 tolerances",
                evidence=(("eigenvalues", found.m),),
            )
        )
    return tuple(claims)


def _obstacle(found: Minimum) -> tuple[Verdict, str] | None:
    """Return why proposition 2.3 gives no verdict on the counts here, or None."""
    if found.m >= found.n:
        return Verdict.NOT_APPLICABLE, (
            f"n = {found.n} parameters for d l = {found.m} numbers: theorem 2.1 and proposition 2.3 assume n > d l"
        )
    if found.jacobian.flat:
        return Verdict.NOT_APPLICABLE, "some ∇fᵢ is zero here, so Mᵢ need not be smooth: the proposition does not apply"
    if found.far:
        return Verdict.NOT_APPLICABLE, f"L = {num(found.loss, 3)}: the proposition is about points with L = 0"
    if not found.resolved:
        return Verdict.UNDECIDED, (
            f"not resolved: λ = {num(found.decisive, 3)} against a tolerance of {num(found.inertia.tolerance, 3)}, of which "
            f"{num(found.bend, 3)} come from L = {num(found.loss, 3)}; drive the loss lower"
        )
    if found.jacobian.rank.rank < found.m:
        return Verdict.NOT_APPLICABLE, (
            f"J has rank {found.jacobian.rank.rank} of {found.m}: the Mᵢ do not intersect transversally here"
        )
    return None


def answer(found: Minimum) -> dict[str, Number | str]:
    """Return the numbers of the counts; in words where they are none."""
    obstacle = _obstacle(found)
    if found.jacobian.flat or found.far:
        shown: tuple[Number | str, ...] = ("not applicable",) * 3
    elif obstacle is not None and not found.resolved:
        shown = ("not resolved",) * 3
    else:
        shown = found.inertia.counts
    return {
        "loss": found.loss, "positive": shown[0], "zero": shown[1], "negative": shown[2],
        "tolerance": found.inertia.tolerance, "gap": found.gap, "lambda_max": found.lambda_max,
        "lambda_d": found.lambda_at(min(found.m, found.n)),
    }  # fmt: skip


# --- what is shown -----------------------------------------------------------------------------------------------------------


def spectrum(found: Minimum, problem: Problem, point: str = "") -> Spectrum:
    """Return the artifact ``spectrum``; ``point`` names the checkpoint where these are the eigenvalues."""
    words = "the Hessian" if found.route == "hessian" else "2 JᵀJ"
    title = f"Eigenvalues of {words}" + ("" if found.resolved else ", not resolved")
    points = f"d = {problem.samples} points" + (f", l = {problem.outputs}" if problem.outputs > 1 else "")
    facts: tuple[str, ...] = (f"n = {found.n} parameters", points)
    if found.on_manifold and found.resolved and found.jacobian.rank.rank == found.m:
        facts += (f"dim M = {found.n - found.m}",)
    values = found.eigenvalues.cpu().numpy()
    return Spectrum("spectrum", title, values, "eigenvalue", found.inertia.tolerance, facts, point)


def singular_values(found: JacobianRank, name: str = "singular_values", words: str = "") -> Curve:
    """Return the artifact ``singular_values``, or the same under another name."""
    values = found.singular_values.cpu().numpy().clip(min=1e-300)
    index = torch.arange(1, len(values) + 1, dtype=torch.float64).numpy()
    low = values[min(found.rank.rank, len(values)) - 1] / values[0] if found.rank.rank else 0.0
    return Curve(
        name, f"Singular values of J{words}, rank {found.rank.rank}, ratio {num(low)}", "index", "singular value",
        (Series("singular values", index, values, "stems" if len(values) <= 64 else "points"),),
        log_y=True, levels=(Level(found.rank.tolerance, "tolerance"),) if 0 < found.rank.rank < len(values) else (),
    )  # fmt: skip


def top_directions(problem: Problem, theta: Tensor, count: int) -> Step[Tensor]:
    """Return unit eigenvectors of 2 J^T J as rows: the largest first, the last one that of lambda_d."""
    residuals = problem.residuals
    swept = residuals.sweep(residuals.at(theta))
    k = yield from linalg.in_background(lambda: residuals.gram(residuals.at(theta)), problem.m > 1000, "Gram matrix")
    values, vectors = yield from linalg.eigensystem(k)
    picks = [*range(len(values) - 1, max(len(values) - count, 0), -1), 0]
    rows = torch.stack([pull(swept, vectors[:, i].contiguous()) for i in picks])
    return rows / rows.norm(dim=1, keepdim=True)


def checkpoint(problem: Problem, theta: Tensor, directions: Tensor | None, title: str) -> Checkpoint:
    """Return the artifact ``point``: theta and directions [k, n] by name."""
    at = problem.residuals.at
    moves = () if directions is None else tuple(to_numpy(at(row)) for row in directions)
    return Checkpoint("point", problem.describe(), to_numpy(at(theta)), moves, title)
