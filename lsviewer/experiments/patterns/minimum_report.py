"""What a run of Theorem 2 asserts, the same for the closed form and for training."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from lsviewer.core.arrays import Array
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_least, at_most
from lsviewer.engine.training import Fitted
from lsviewer.experiments.patterns.measures import fit_of
from lsviewer.experiments.patterns.whole import Swept

LEVEL = {torch.float32: 70.0, torch.float64: 150.0}  # dB that the closed form reaches on the training part
TRAINED_LEVEL = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Sections, and what the whole network gave on all samples at sampled points, h* first."""

    train: Array  # (G,) * z
    test: Array | None
    target: Array  # T in loss units
    amplitude: float
    where: Array  # (n, z) indices: h*, places on the line, random points
    swept: Swept  # training part
    tested: Swept | None
    bound: Array  # (n,) right side of eq. 17
    places: Array  # coordinates of the places on the line
    second: float  # largest difference to the second brute force in the dtype of the run
    second64: float  # and in float64
    leak: float  # largest weight from an input to a unit that alpha moves
    place: tuple[int, ...]  # grid point of h*
    star: tuple[float, ...]  # its coordinates
    dtype: torch.dtype
    classes: int | None

    @property
    def at_minimum(self) -> float:
        """L(h*) on the training part, the whole network on all samples."""
        return float(self.swept.losses[0])

    def difference(self, values: Array, swept: Swept) -> float:
        """Return the largest difference of a section from brute force."""
        return float(np.abs(swept.losses - values[tuple(self.where.T)]).max())


def report(
    found: Evidence, ordinary: Fitted | None, epsilon: float, amplitude: float, trained: bool,
    numbers: dict[str, Number | str],
) -> Report:  # fmt: skip
    """Return claims, numbers and words."""
    fit = fit_of(found.train, found.target, amplitude)
    single = found.dtype != torch.float64
    bound, words = (1e-4, "≤ 10⁻⁴") if single else (1e-10, "≤ 10⁻¹⁰")
    level = TRAINED_LEVEL if trained else LEVEL[found.dtype]
    star = "(" + ", ".join(f"{alpha:.3f}" for alpha in found.star) + ")"
    claims = [
        at_least("On the training part the loss is the pattern", fit.psnr_db, level, expected=f"≥ {level:.0f} dB", unit="dB",
                 reason="PSNR with the amplitude as peak, the best constant removed.",
                 evidence=(("largest error", fit.max_abs_error), ("constant", fit.offset), ("points", found.train.size))),
        _minimum(found, epsilon, trained, star),
        _solved(found, trained, star),
        _brute("training", found.difference(found.train, found.swept), bound, words, found),
    ]  # fmt: skip
    if found.test is not None and found.tested is not None:
        claims.append(_brute("test", found.difference(found.test, found.tested), bound, words, found))
    claims += [
        at_most("A second program agrees on both parts", found.second64, bound, expected=words,
                reason="The same parameters widened to float64, through numpy alone, every sample.",
                evidence=(("in the precision of the run", found.second),)),
        _bounded(found),
        at_most("Units that carry h do not see the input", found.leak, 0.0, expected="= 0",
                reason="Largest first-layer weight of a unit whose bias the section moves (eq. 13)."),
    ]  # fmt: skip
    numbers |= {
        "psnr_db": fit.psnr_db, "r2": fit.r2, "max_abs_error": fit.max_abs_error, "offset": fit.offset,
        "loss_at_minimum": found.at_minimum, "accuracy_at_minimum": float(found.swept.accuracy[0]),
        "brute_force_points": len(found.where),
        "brute_force_max_abs_diff": found.difference(found.train, found.swept),
        "brute_force_float64_max_abs_diff": found.second64,
        "largest_eps": float(found.swept.largest.max()),
    }  # fmt: skip
    if found.test is not None and found.tested is not None:
        claims.append(_test_part(found, amplitude, numbers))
    if ordinary is not None:
        claims.append(_ordinary(found, ordinary, numbers))
    if found.classes is None:
        numbers.pop("accuracy_at_minimum")
    return Report(tuple(claims), numbers, *_words(found, fit.psnr_db, star))


def _minimum(found: Evidence, epsilon: float, trained: bool, star: str) -> Claim:
    claim = at_most(
        "At h* the loss is within ε of the global minimum", found.at_minimum, epsilon, expected=f"≤ {epsilon:g}",
        reason="All training samples through the whole network; no loss is below 0.", evidence=(("h*", star),),
    )  # fmt: skip
    return _undecided(claim, trained)


def _solved(found: Evidence, trained: bool, star: str) -> Claim:
    statement = "At h* the network classifies every training sample"
    if found.classes is None:
        return Claim(statement, "= 1", None, None, Verdict.NOT_APPLICABLE, "The targets are numbers, not classes.")
    evidence: list[tuple[str, str | Number]] = [("h*", star)]
    if found.tested is not None:
        evidence.append(("accuracy on the test part", float(found.tested.accuracy[0])))
    claim = at_least(statement, float(found.swept.accuracy[0]), 1.0, expected="= 1", evidence=tuple(evidence))
    return _undecided(claim, trained)


def _undecided(claim: Claim, trained: bool) -> Claim:
    if not trained or claim.verdict is Verdict.HOLDS:
        return claim
    reason = "Joint training stopped before; more steps come closer, Construct reaches it."
    return replace(claim, verdict=Verdict.UNDECIDED, reason=reason)


def _brute(part: str, difference: float, bound: float, words: str, found: Evidence) -> Claim:
    scale = max(1.0, float(np.abs(found.train).max()) / 10.0)
    return at_most(
        f"The whole network on all {part} samples gives these losses", difference, bound * scale, expected=words,
        reason="Every sample through every layer, at h*, along a line and at random points.",
        evidence=(("points", len(found.where)),),
    )  # fmt: skip


def _bounded(found: Evidence) -> Claim:
    error = np.abs(found.swept.losses - found.target[tuple(found.where.T)])
    ratio = error / (found.bound + 1e-12)  # losses are rounded at 1e-15
    worst = int(ratio.argmax())
    return at_most(
        "The error keeps to the bound of eq. 17", float(ratio.max()), 1.0, expected="≤ 1, |L − T| / (c max |εᵢ|)",
        reason="εᵢ is the distance of the outputs from ℓᵢ⁻¹(T(h)); losses in float64.",
        evidence=(("largest error", float(error.max())), ("its bound", float(found.bound[int(error.argmax())])),
                  ("closest: error", float(error[worst])), ("closest: bound", float(found.bound[worst]))),
    )  # fmt: skip


def _test_part(found: Evidence, amplitude: float, numbers: dict[str, Number | str]) -> Claim:
    assert found.test is not None and found.tested is not None
    fit = fit_of(found.test, found.target, amplitude)
    numbers["psnr_test_db"] = fit.psnr_db
    numbers["test_loss_at_minimum"] = float(found.tested.losses[0])
    if found.classes is not None:
        numbers["test_accuracy_at_minimum"] = float(found.tested.accuracy[0])
    return Claim(
        "The pattern is seen on the test part", "no guarantee", fit.psnr_db, None, Verdict.NOT_APPLICABLE,
        "The paper gives none for Theorem 2; this is what was measured.", "dB",
        (("largest error", fit.max_abs_error), ("loss at h*", float(found.tested.losses[0]))),
    )  # fmt: skip


def _ordinary(found: Evidence, ordinary: Fitted, numbers: dict[str, Number | str]) -> Claim:
    numbers["ordinary_loss"] = ordinary.train.loss
    evidence: list[tuple[str, str | Number]] = [("L(h*)", found.at_minimum), ("ordinary training", ordinary.train.loss),
                                                ("its steps", ordinary.steps)]  # fmt: skip
    if found.classes is not None:
        numbers["ordinary_accuracy"] = ordinary.train.accuracy
        evidence.append(("its accuracy", ordinary.train.accuracy))
    if ordinary.test is not None:
        numbers["ordinary_test_loss"] = ordinary.test.loss
        if found.classes is not None:
            numbers["ordinary_test_accuracy"] = ordinary.test.accuracy
            evidence.append(("its accuracy on the test part", ordinary.test.accuracy))
    claim = at_most(
        "L(h*) is no higher than an ordinary training of the same network ends", found.at_minimum, ordinary.train.loss,
        expected=f"≤ {ordinary.train.loss:.3g}", reason="On the training part.", evidence=tuple(evidence),
    )  # fmt: skip
    if claim.verdict is Verdict.HOLDS:
        return claim
    return replace(claim, verdict=Verdict.UNDECIDED, reason="This training went lower: choose a smaller loss at h*.")


def _words(found: Evidence, psnr_db: float, star: str) -> tuple[str, str]:
    accuracy = f" and classifies {found.swept.accuracy[0]:.2%} of them" if found.classes is not None else ""
    means = (
        f"On this section the mean loss over all training samples is the pattern, with {psnr_db:.1f} dB, and at h* = {star} "
        f"it is {found.at_minimum:.2g}: there the network solves the task{accuracy.replace('%', ' %')}."
    )
    tested = "" if found.tested is None else f" (there the loss at h* is {found.tested.losses[0]:.2g})"
    return means, (
        f"It does not mean that the solution at h* is a good one: it fits the training samples and promises nothing about "
        f"others{tested}, and the pattern around it was written, not learned."
    )
