"""Nguyen and Hein: convergence, block nullities, certificates, separability and the width study; CPU seconds, one thread."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from bench import Row
from lsviewer.core.claims import Report
from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import parse
from lsviewer.engine import rank_certificate
from lsviewer.engine.activations import Sigmoid, Tanh
from lsviewer.engine.backpropagation import Stack
from lsviewer.engine.context import open_context
from lsviewer.engine.existence import zero_nearby
from lsviewer.engine.points import Found
from lsviewer.experiments.wide_layers.critical_point import CriticalPoint
from lsviewer.experiments.wide_layers.gallery import Gallery
from lsviewer.experiments.wide_layers.gallery_cases import CASES
from lsviewer.experiments.wide_layers.places import locate
from lsviewer.experiments.wide_layers.separability import Separability
from lsviewer.experiments.wide_layers.width_study import WidthStudy

TANH = {"kind": "tanh"}


def rows() -> Iterator[Row]:
    """Yield the rows of the table; about half a minute."""
    torch.set_num_threads(1)
    yield from convergence()
    yield from nullities()
    yield from certificates()
    yield from zeros_nearby()
    yield from examples()
    yield from separations()
    yield from widths()


def run(kind: type[Experiment], **fields: Any) -> Report:
    """Return the report of an experiment."""
    experiment = parse(kind, fields)
    return finish(experiment.run(open_context(experiment, Files())))[0]


def teacher(samples: int, inputs: int, outputs: int) -> dict[str, Any]:
    """Return a regression task."""
    return {"kind": "teacher", "samples": samples, "inputs": inputs, "outputs": outputs}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return an answer and the CPU seconds of this process it took."""
    start = time.process_time()
    answer = work()
    return answer, time.process_time() - start


def convergence() -> Iterator[Row]:
    """Yield Phi and the bound for the three networks that meet all conditions of theorem 3.8."""
    for kind, inputs, hidden, outputs, samples, layer in (
        ("tanh", 3, [9], 1, 10, 1), ("sigmoid", 4, [9], 3, 10, 1), ("softplus", 3, [6, 11], 2, 12, 2),
    ):  # fmt: skip
        report = run(
            CriticalPoint, dataset=teacher(samples, inputs, outputs), layer=layer,
            network={"hidden": hidden, "activation": {"kind": kind}},
        )  # fmt: skip
        phi, bound = float(report.numbers["loss"]), float(report.numbers["lemma_3_5_bound"])
        theorem = next(one for one in report.claims if "theorem 3.8" in one.statement)
        ok = phi < 1e-24 and theorem.verdict == "holds" and bound >= phi
        what = f"{kind} [{inputs}, {', '.join(map(str, hidden))}, {outputs}], N = {samples}: Φ, all hypotheses of 3.8, bound ≥ Φ"
        measured = f"Φ = {phi:.0e}, bound {bound:.0e}, theorem 3.8 {theorem.verdict.words}"
        yield Row(what=what, at_least="Φ < 1e-24, holds", measured=measured, ok=ok)


def nullities() -> Iterator[Row]:
    """Yield the zeros of block Hessians, at minima and at random points."""
    found = {"kind": "found"}
    init = {"kind": "init"}
    for hidden, outputs, samples, subset, expected, point in (
        ([11, 2], 2, 12, [2], 0, found), ([11, 2], 2, 12, [2, 3], 6, found), ([11, 4], 2, 12, [2], 24, found),
        ([10], 1, 10, [2], 1, init), ([20], 1, 10, [2], 11, init), ([20, 5], 1, 10, [2], 55, init),
    ):  # fmt: skip
        network = {"hidden": hidden, "activation": TANH}
        report = run(CriticalPoint, dataset=teacher(samples, 3, outputs), network=network, subset=subset, point=point)
        nullity = report.numbers["block_nullity"]
        where = "at a minimum" if point is found else "at a random point"
        what = f"block nullity, [3, {', '.join(map(str, hidden))}, {outputs}], N = {samples}, I = {subset}, {where}"
        yield Row(what=what, at_least=f"= {expected}", measured=str(nullity), ok=nullity == expected)


def certificates() -> Iterator[Row]:
    """Yield the rank certificate in float64 for N = 1000, and in balls where float64 sees rank 96."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    stack = Stack((20, 1000, 1), Tanh())
    theta, x = draw(stack.size), draw(1000, 20)
    norm, seconds = timed(lambda: rank_certificate.certificate(stack, theta, x, 1))
    yield Row(what="rank certificate, tanh [20, 1000, 1], N = 1000", at_least="< 2 s",
              measured=f"{seconds:.2f} s, norm {norm:.0e}", ok=seconds < 2.0 and norm < 1.0)  # fmt: skip
    stack = Stack((2, 99, 1), Sigmoid())
    theta, x = 0.6 * draw(stack.size), draw(100, 2)
    (found, _), seconds = timed(lambda: finish(rank_certificate.answer(stack, theta, x, 1)))
    numerical = int((found.singular_values > 100 * 2.3e-16 * found.singular_values[0]).sum())
    yield Row(what=f"sigmoid, N = 100, two inputs, float64 rank {numerical}: certified by balls", at_least="yes",
              measured=f"{found.answer}, {found.bits} bits, {seconds:.2f} s",
              ok=found.answer == "certified by balls")  # fmt: skip


def zeros_nearby() -> Iterator[Row]:
    """Yield within which distance an exact global minimum is certain to exist, and the time Krawczyk's test took."""
    for kind, inputs, hidden, outputs, samples in (
        ("tanh", 3, [9], 1, 10), ("sigmoid", 4, [9], 3, 10), ("softplus", 3, [6, 11], 2, 12), ("tanh", 5, [60, 30], 2, 60),
    ):  # fmt: skip
        network = {"hidden": hidden, "activation": {"kind": kind}}
        experiment = parse(CriticalPoint, {"dataset": teacher(samples, inputs, outputs), "network": network})
        context = open_context(experiment, Files())
        problem = experiment.pose(context)
        located = finish(locate(problem, Found(), context, polish="no", steps=300, tries=8))[0]
        (nearby, _), seconds = timed(lambda p=problem, t=located.theta: finish(zero_nearby(p.objective, t)))  # type: ignore[misc]
        widths = ", ".join(map(str, (inputs, *hidden, outputs)))
        what = f"an exact global minimum exists within r, {kind} [{widths}], N = {samples}"
        yield Row(what=what, at_least="certified", measured=f"r = {nearby.radius:.0e}, {seconds:.3f} s",
                  ok=nearby.answer == "exists" and nearby.radius < 1e-10)  # fmt: skip


def examples() -> Iterator[Row]:
    """Yield how many answers of each example of the gallery are those of theory."""
    for name, case in CASES.items():
        report, seconds = timed(lambda n=name: run(Gallery, case=n))  # type: ignore[misc]
        right, wanted = report.numbers["answers_right"], report.numbers["answers"]
        measured = f"{right} of {wanted}, Φ = {float(report.numbers['loss']):.3g}, {seconds:.2f} s"
        yield Row(
            what=f"gallery: {case.title}",
            at_least=f"{wanted} of {wanted} answers",
            measured=measured,
            ok=right == wanted,
        )


def separations() -> Iterator[Row]:
    """Yield which digits are separable at the inputs, and the time for all classes behind 256 units."""
    digits = {"kind": "digits", "test_fraction": 0.0}
    init = {"kind": "init"}
    report, seconds = timed(lambda: run(Separability, dataset=digits, point=init, layer=0))
    zero, eight = report.numbers["separable_0"], report.numbers["separable_8"]
    yield Row(what="digits, raw inputs: class 0 separable, class 8 not", at_least="yes, no",
              measured=f"{zero}, {eight} ({seconds:.1f} s)", ok=(zero, eight) == ("yes", "no"))  # fmt: skip
    network = {"hidden": [256], "activation": TANH}
    report, seconds = timed(lambda: run(Separability, dataset=digits, network=network, point=init, layer=1))
    count = report.numbers["separable_classes"]
    yield Row(what="digits, N = 1797, n_k = 256: all classes by linear programmes", at_least="< 40 s",
              measured=f"{seconds:.1f} s, {count} separable", ok=seconds < 40.0)  # fmt: skip


def widths() -> Iterator[Row]:
    """Yield the width study with its defaults."""
    report, seconds = timed(lambda: run(WidthStudy))
    half, meet = report.numbers["half_at"], report.numbers["width_n_equals_residuals"]
    yield Row(what="width study, N = 30, p = 5, 200 starts × 17 widths", at_least="< 30 s",
              measured=f"{seconds:.1f} s", ok=seconds < 30.0)  # fmt: skip
    near = isinstance(half, int) and isinstance(meet, int) and abs(half - meet) <= 2
    yield Row(what="width study: half of the starts at Φ = 0, near n = N, n₁ = N − 1 = 29", at_least="near",
              measured=f"n₁ = {half}, n = N at {meet}", ok=near)  # fmt: skip
