"""Cooper: memorising networks, minima to machine zero, counts with their gaps, walks on M, and eigenvalues against
two packages.

Seconds are CPU seconds of this process with one torch thread. ``gap`` is the least eigenvalue that counts over the
largest of the zeros. curvlinops and hessian-eigenthings are installed beside the project for this measurement alone;
both get the same network, float64, and as many products as lsviewer needed, or scipy's tolerance of the same size.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse.linalg
import torch
from torch import Tensor, nn

from bench import Row, skipped
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import parse
from lsviewer.engine import lanczos, linalg
from lsviewer.engine.activations import Tanh
from lsviewer.engine.context import open_context
from lsviewer.engine.curvature import Curvature, sum_of_squares
from lsviewer.engine.datasets import Digits
from lsviewer.engine.gauss_newton import Residuals, levenberg_marquardt
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import flatten, of
from lsviewer.experiments.memorization.connect import Connect
from lsviewer.experiments.memorization.construction import MemorizingNetwork
from lsviewer.experiments.memorization.curve_finding import adam
from lsviewer.experiments.memorization.dimension import Dimension
from lsviewer.experiments.memorization.inertia import Inertia
from lsviewer.experiments.memorization.judgement import answer, counts
from lsviewer.experiments.memorization.minimum import map_by_autograd, map_of, measure
from lsviewer.experiments.memorization.setting import pose
from lsviewer.experiments.memorization.walk import Walk

TANH = {"kind": "tanh"}
ALL_DIGITS = {"kind": "digits", "test_fraction": 0.0}
DEEP = {
    "dataset": {"kind": "teacher", "samples": 100, "inputs": 10},
    "network": {"hidden": [30, 30], "activation": TANH},
}
STUDENT: dict[str, Any] = {
    "dataset": {"kind": "teacher", "samples": 20, "inputs": 3, "hidden": [2]},
    "network": {"hidden": [12], "activation": TANH}, "point": {"kind": "teacher"},
}  # fmt: skip
PACKAGES = ("curvlinops-for-pytorch==3.0.1", "hessian-eigenthings==1.0.0a5")
NEEDED = (
    "einops==0.8.1", "einconv==0.1.0", "backpack-for-pytorch==1.7.1", "linear_operator==0.6", "opt-einsum==3.4.0", "tqdm==4.67.1",
)  # fmt: skip


def rows() -> Iterator[Row]:
    """Yield the rows of the table; about two minutes."""
    torch.set_num_threads(1)
    yield from constructions()
    yield from minima()
    yield from inertias()
    yield from broken()
    yield from large()
    yield from paths()
    yield from top_eigenvalues()


def run(kind: type[Experiment], **fields: Any) -> Report:
    """Return the report of an experiment."""
    experiment = parse(kind, fields)
    return finish(experiment.run(open_context(experiment, Files())))[0]


def at_most(what: str, bound: float, measured: float) -> Row:
    return Row(what=what, at_least=f"≤ {bound:.0e}", measured=f"{measured:.1e}", ok=measured <= bound)


def constructions() -> Iterator[Row]:
    """Yield residuals of lemma 3.3 and corollary 3.4."""
    for what, bound, fields in (
        ("lemma 3.3, digits d = 100, left knots, smooLU", 1e-10, {}),
        ("lemma 3.3, digits d = 1797, left knots, smooLU", 1e-7, {"dataset": ALL_DIGITS}),
        ("lemma 3.3, digits d = 100, exact (mpmath)", 1e-40, {"knots": "exact"}),
    ):
        yield at_most(what, bound, float(run(MemorizingNetwork, compare=False, **fields).numbers["residual_max"]))
    for depth in (2, 3, 4):
        data = {"kind": "digits", "limit": 1000, "test_fraction": 0.0}
        report = run(MemorizingNetwork, compare=False, dataset=data, depth=depth)
        yield at_most(f"corollary 3.4, T = {depth}, d = 1000", 1e-6, float(report.numbers["residual_max"]))


def minima() -> Iterator[Row]:
    """Yield Levenberg-Marquardt on all digits."""
    data = Digits(test_fraction=0.0).load(Files())
    network = Mlp(hidden=(1000,), activation=Tanh())
    residuals = Residuals(network, data.x.flatten(1).double(), data.y.double()[:, None])
    start = flatten(of(network.build(64, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))))
    before = time.process_time()
    found, _ = finish(levenberg_marquardt(residuals, start))
    seconds = time.process_time() - before
    yield Row(
        what="Levenberg-Marquardt, tanh [64, 1000, 1], all 1797 digits", at_least="L ≤ 1e-20 in < 90 s CPU",
        measured=f"{found.loss:.1e} in {seconds:.0f} s, {len(found.losses) - 1} steps", ok=found.loss <= 1e-20 and seconds < 90,
    )  # fmt: skip


def inertias() -> Iterator[Row]:
    """Yield the counts at three minima, and at a singular point before and after the labels moved."""
    digits = {"dataset": {"kind": "digits", "limit": 30}, "network": {"hidden": [30], "activation": TANH}}
    for what, fields, expected in (
        ("tanh [5, 20, 1], d = 20", {}, (20, 121, 0)),
        ("tanh [10, 30, 30, 1], d = 100", DEEP, (100, 1191, 0)),
        ("tanh [64, 30, 10], digits, d = 30 × 10 outputs", digits, (300, 1960, 0)),
    ):
        numbers = run(Inertia, **fields).numbers
        found, gap = _counts(numbers), float(numbers["gap"])
        yield Row(
            what=f"inertia, {what}", at_least=f"{expected}, gap > 1e8", measured=f"{found}, gap {gap:.0e}",
            ok=found == expected and gap > 1e8,
        )  # fmt: skip
    numbers = run(Inertia, **STUDENT).numbers
    found = (numbers["rank"], _counts(numbers))
    yield Row(
        what="teacher of 11 parameters inside 12 units, N = 20", at_least="rank 11, (11, 50, 0)",
        measured=f"rank {found[0]}, {found[1]}", ok=found == (11, (11, 50, 0)),
    )  # fmt: skip
    moved = run(Dimension, **STUDENT).numbers["rank_moved"]
    yield Row(
        what="the same, labels moved by 1e-2, restart", at_least="rank 20", measured=f"rank {moved}", ok=moved == 20
    )


def _counts(numbers: Any) -> tuple[Any, ...]:
    return tuple(numbers[name] for name in ("positive", "zero", "negative"))


def broken() -> Iterator[Row]:
    """Yield where no count may be given, or none but the right one."""
    x = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    w = torch.tensor([2.0, -1.0, 0.1, -0.075], dtype=torch.float64)
    found, _ = finish(measure(map_by_autograd(lambda v: (v @ x).square()[None], 1, 4), w, torch.Generator()))
    verdicts = {claim.verdict for claim in counts(found)[:3]}
    yield Row(
        what="f = (w.x)², y = 0", at_least="not applicable", measured=f"{answer(found)['positive']}",
        ok=verdicts == {Verdict.NOT_APPLICABLE} and answer(found)["positive"] == "not applicable",
    )  # fmt: skip
    experiment = Inertia()
    problem = experiment.pose(open_context(experiment, Files()))
    loss = sum_of_squares(problem.function)
    start, met = problem.start(torch.Generator().manual_seed(0)), []
    for steps in (400, 600, 800, 1200):
        theta, _ = finish(adam(lambda point, _: loss(point), start, steps=steps, rate=1e-2, text=""))
        at_end, _ = finish(measure(map_of(problem), theta, torch.Generator().manual_seed(0)))
        met.append((at_end.loss, _counts(answer(at_end))))
    right = ((20, 121, 0), ("not resolved",) * 3, ("not applicable",) * 3)
    yield Row(
        what="points trained by Adam, tanh [5, 20, 1], d = 20", at_least="the right count or none",
        measured="; ".join(f"L = {value:.0e}: {count}" for value, count in met), ok=all(count in right for _, count in met),
    )  # fmt: skip


def large() -> Iterator[Row]:
    """Yield CPU seconds of the two routes at the sizes where each is used."""
    data = parse(Inertia, DEEP | {"network": {"hidden": [50, 47], "activation": TANH}})
    problem = data.pose(open_context(data, Files()))
    theta = problem.start(torch.Generator().manual_seed(0))
    before = time.process_time()
    whole, _ = finish(Curvature(sum_of_squares(problem.function), theta).hessian())
    finish(linalg.eigenvalues(whole))
    yield _seconds(f"full Hessian and its eigenvalues, n = {problem.n}, d = 100", time.process_time() - before)
    mnist = parse(Inertia, {"dataset": {"kind": "mnist_small", "limit": 2000, "test_fraction": 0.2}})
    wide = Mlp(hidden=(955, 955), activation=Tanh())
    context = open_context(mnist, Files())
    problem = pose(mnist.dataset.load(Files()), wide, "number", context.device)
    theta = problem.start(torch.Generator().manual_seed(0))
    before = time.process_time()
    finish(linalg.eigenvalues(problem.residuals.gram(problem.residuals.at(theta))))
    yield _seconds(f"Gram matrix and its eigenvalues, n = {problem.n}, d = {problem.m}", time.process_time() - before)


def _seconds(what: str, seconds: float) -> Row:
    return Row(what=what, at_least="< 20 s CPU", measured=f"{seconds:.1f} s", ok=seconds < 20)


def paths() -> Iterator[Row]:
    """Yield a walk of 200 steps and two minima joined."""
    numbers = run(Walk, **DEEP).numbers
    worst, tangent, normal = (float(numbers[name]) for name in ("loss_max", "slope_tangent", "slope_normal"))
    yield Row(
        what="walk on M, tanh [10, 30, 30, 1], d = 100, 200 steps", at_least="L < 1e-18 all along, slopes 4 ± 0.3 and 2 ± 0.2",
        measured=f"L ≤ {worst:.1e} over an arc of {float(numbers['arc']):.0f}, slopes {tangent:.2f} and {normal:.2f}",
        ok=worst < 1e-18 and abs(tangent - 4) <= 0.3 and abs(normal - 2) <= 0.2,
    )  # fmt: skip
    report = run(Connect, **DEEP)
    line, path = report.numbers["barrier_line"], report.numbers["barrier_path"]
    yield Row(
        what="two minima joined inside M, the same network", at_least="path < 1e-18, line > 1",
        measured=f"path {path:.1e}, line {line:.1f}" if isinstance(path, float) else str(path),
        ok=isinstance(path, float) and path < 1e-18 and float(line) > 1,
    )  # fmt: skip


# --- top eigenvalues ---------------------------------------------------------------------------------------------------------


COUNT = 5
ACCURACY = 1e-5  # residual over the largest eigenvalue; the values are off by its square over their gaps


def top_eigenvalues() -> Iterator[Row]:
    """Yield accuracy against scipy on an independent product, and CPU time over that of two packages."""
    data = Digits(test_fraction=0.0).load(Files())
    x, y = data.x.flatten(1).double(), data.y
    network = Mlp(hidden=(256, 256), activation=Tanh())
    module = network.build(64, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    criterion, size = nn.CrossEntropyLoss(), network.size(64, 10)
    likes = dict(module.named_parameters())

    def loss(theta: Tensor) -> Tensor:
        pieces = torch.split(theta, [value.numel() for value in likes.values()])
        named = {name: piece.view_as(value) for (name, value), piece in zip(likes.items(), pieces)}
        return criterion(torch.func.functional_call(module, named, (x,)), y)

    def ours() -> lanczos.Pairs:
        kept = Curvature(loss, flatten(of(module)))
        return finish(lanczos.top_eigenvalues(kept, size, COUNT, torch.Generator().manual_seed(1), accuracy=ACCURACY))[
            0
        ]

    found, own = _timed(ours)

    def independent(v: np.ndarray) -> np.ndarray:
        """Forward over reverse, with torch.func on the module: no line in common with `Curvature`."""
        named = {name: value.detach() for name, value in module.named_parameters()}
        pieces = torch.split(torch.from_numpy(v).double().reshape(-1), [value.numel() for value in named.values()])
        tangent = {name: piece.view_as(value) for (name, value), piece in zip(named.items(), pieces)}
        gradient = torch.func.grad(lambda p: criterion(torch.func.functional_call(module, p, (x,)), y))
        product = torch.func.jvp(gradient, (named,), (tangent,))[1]
        return torch.cat([value.reshape(-1) for value in product.values()]).detach().numpy()

    operator = scipy.sparse.linalg.LinearOperator((size, size), matvec=independent, dtype=np.float64)
    theirs = _eigsh(operator, 1e-10)
    error = float(np.max(np.abs(np.sort(found.values.numpy()) - np.sort(theirs)) / np.abs(theirs).max()))
    worst = float(np.max(np.abs(np.sort(found.values.numpy()) / np.sort(theirs) - 1.0)))
    yield at_most(
        f"top {COUNT} eigenvalues, {size} parameters, 1797 digits, against scipy eigsh: relative error",
        1e-6,
        max(error, worst),
    )
    yield from _against_packages(module, x, y, criterion, found, own)


def _eigsh(operator: Any, tolerance: float) -> np.ndarray:
    return scipy.sparse.linalg.eigsh(operator, COUNT, which="LM", tol=tolerance, return_eigenvectors=False)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    answer = work()
    return answer, time.process_time() - start


def _against_packages(
    module: nn.Sequential, x: Tensor, y: Tensor, criterion: nn.Module, found: lanczos.Pairs, own: float
) -> Iterator[Row]:
    names = [f"the same: CPU time of {package.replace('==', ' ')} over ours" for package in PACKAGES]
    missing = _install()
    if missing:
        for name in names:
            yield skipped(name, "≥ 1", missing)
        return
    works: tuple[Callable[[], Any], ...] = (
        lambda: _by_curvlinops(module, x, y, criterion), lambda: _by_eigenthings(module, x, y, criterion, found.products),
    )  # fmt: skip
    for name, work in zip(names, works):
        try:
            values, spent = _timed(work)
        except Exception as error:  # a foreign package: whatever it raises belongs into the table
            yield skipped(name, "≥ 1", f"{type(error).__name__}: {str(error)[:100]}")
            continue
        off = float(np.max(np.abs(np.sort(np.asarray(values)) / np.sort(found.values.numpy()) - 1.0)))
        yield Row(
            what=name, at_least="≥ 1", ok=spent >= own,
            measured=f"{spent / own:.2f} (ours {own:.1f} s; values differ by {off:.0e})",
        )  # fmt: skip


def _by_curvlinops(module: nn.Sequential, x: Tensor, y: Tensor, criterion: nn.Module) -> np.ndarray:
    from curvlinops import HessianLinearOperator

    parameters = [value for value in module.parameters() if value.requires_grad]
    operator = HessianLinearOperator(module, criterion, parameters, [(x, y)], check_deterministic=False)
    return _eigsh(operator.to_scipy(), ACCURACY)


def _by_eigenthings(module: nn.Sequential, x: Tensor, y: Tensor, criterion: Any, products: int) -> np.ndarray:
    import hessian_eigenthings as package

    operator = package.HessianOperator(module, [(x, y)], package.supervised_loss(criterion))
    found = package.lanczos(operator, k=COUNT, max_iter=products, reorthogonalize=True, seed=1)
    return found.eigenvalues.detach().numpy()


def _install() -> str:
    """Install the packages beside the project; return why they are not there, or ""."""
    folder = Path(tempfile.gettempdir()) / "lsviewer-bench" / f"curvature-{os.getuid() if hasattr(os, 'getuid') else 0}"
    if not (folder / "hessian_eigenthings").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--target", str(folder), *PACKAGES, *NEEDED]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"pip could not install {' and '.join(PACKAGES)}"
    sys.path.append(str(folder))
    return ""
