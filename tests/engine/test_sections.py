"""Sections against numpy written out here: every route through the fast path, the order of the grid, partial pictures."""

import math
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lsviewer.core.artifacts import Axis, Section
from lsviewer.core.jobs import Progress, finish
from lsviewer.engine import affine_risk, params, sections
from lsviewer.engine.activations import Activation, Gelu, Identity, LeakyRelu, Relu, Sigmoid, Silu, Sine, Softplus, Tanh
from lsviewer.engine.affine_risk import AffineRisk
from lsviewer.engine.losses import Cauchy, CrossEntropy, Labels, Loss, PseudoHuber, Squared, SquaredHinge
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params
from lsviewer.engine.risk import Comparison, Risk, brute_force, sample

NUMPY: dict[type[Activation], Callable[[np.ndarray], np.ndarray]] = {
    Relu: lambda x: np.maximum(x, 0),
    LeakyRelu: lambda x: np.where(x > 0, x, 0.01 * x),
    Tanh: np.tanh,
    Sigmoid: lambda x: 1 / (1 + np.exp(-x)),
    Softplus: lambda x: np.log1p(np.exp(x)),
    Gelu: lambda x: x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
    Silu: lambda x: x / (1 + np.exp(-x)),
    Sine: np.sin,
    Identity: lambda x: x,
}
N, D, OUT = 37, 6, 3


def cross_entropy(p: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean([math.log(sum(math.exp(v) for v in row)) - row[label] for row, label in zip(p, y)]))


def reference(activation: Activation, origin: Params, directions: tuple[Params, ...], alpha: tuple[float, ...], x: Tensor,
              y: Tensor) -> float:  # fmt: skip
    """The mean cross-entropy at one point, numpy in float64."""
    point = {
        key: value.double().numpy() + sum(a * d[key].double().numpy() for a, d in zip(alpha, directions) if key in d)
        for key, value in origin.items()
    }
    h = x.double().numpy()
    depth = len(point) // 2
    for k in range(depth):
        h = h @ point[f"{2 * k}.weight"].T + point[f"{2 * k}.bias"]
        h = NUMPY[type(activation)](h) if k < depth - 1 else h
    return cross_entropy(h, y.numpy())


def make(activation: Activation, hidden: tuple[int, ...] = (7, 5), dtype: torch.dtype = torch.float64, z: int = 2,
         loss: Loss | None = None) -> tuple[Risk, Params, tuple[Params, ...]]:  # fmt: skip
    generator = torch.Generator().manual_seed(3)
    network = Mlp(hidden=hidden, activation=activation)
    points = [
        {
            key: torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) * 0.5
            for key, shape in network.shapes(D, OUT).items()
        }
        for _ in range(1 + z)
    ]
    x = torch.randn(N, D, generator=generator)
    labels = Labels(torch.arange(N) % OUT, OUT)
    return Risk.on(network, loss or CrossEntropy(), x, labels, dtype=dtype), points[0], tuple(points[1:])


def only(directions: tuple[Params, ...], *keys: str) -> tuple[Params, ...]:
    return tuple({key: direction[key] for key in keys} for direction in directions)


ALPHAS = ((0.0, 0.0), (0.3, -0.8), (-1.0, 1.0))
# Sums of some hundred products of size one in float64, in another order: some hundred times 1e-16.
TIGHT = 1e-12


@pytest.mark.parametrize("activation", [kind() for kind in NUMPY], ids=lambda a: a.kind)
@pytest.mark.parametrize("hidden", [(), (7,), (7, 5, 4)], ids=str)
def test_the_fast_path_is_the_mean_loss_of_the_network(activation: Activation, hidden: tuple[int, ...]) -> None:
    risk, origin, directions = make(activation, hidden)
    fast = AffineRisk(risk, origin, directions, block=10)  # 37 rows: three blocks and a rest
    for alpha in ALPHAS:
        assert fast(*alpha) == pytest.approx(
            reference(activation, origin, directions, alpha, risk.x, risk.target), abs=TIGHT
        )


@pytest.mark.parametrize("activation", [Relu(), Tanh()], ids=lambda a: a.kind)
@pytest.mark.parametrize(
    "keys",
    [
        ("0.bias",),
        ("0.weight",),
        ("2.bias",),
        ("2.weight",),
        ("4.weight", "4.bias"),
        ("4.bias",),
        ("0.bias", "4.weight"),
        (),
    ],
    ids=str,
)
def test_directions_that_move_a_part_of_the_network_only(activation: Activation, keys: tuple[str, ...]) -> None:
    risk, origin, directions = make(activation)
    part = only(directions, *keys)
    fast = AffineRisk(risk, origin, part)
    for alpha in ALPHAS:
        assert fast(*alpha) == pytest.approx(reference(activation, origin, part, alpha, risk.x, risk.target), abs=TIGHT)


def test_two_directions_may_move_different_layers() -> None:
    risk, origin, (one, two) = make(Silu())
    mixed = ({"2.weight": one["2.weight"]}, {"0.bias": two["0.bias"], "2.bias": two["2.bias"]})
    for pair in (mixed, mixed[::-1]):
        assert AffineRisk(risk, origin, pair)(0.7, -0.4) == pytest.approx(
            reference(Silu(), origin, pair, (0.7, -0.4), risk.x, risk.target), abs=TIGHT
        )


@pytest.mark.parametrize("keys", [("0.weight", "2.bias"), ("2.weight",)], ids=str)
def test_without_room_for_the_saved_layer_the_numbers_are_the_same(
    monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]
) -> None:
    risk, origin, directions = make(Tanh())
    part = only(directions, *keys)
    saved = AffineRisk(risk, origin, part)
    monkeypatch.setattr(affine_risk, "SAVED_BYTES", 0)
    plain = AffineRisk(risk, origin, part)
    assert plain.flops > saved.flops
    assert plain(0.3, -0.8) == pytest.approx(saved(0.3, -0.8), abs=TIGHT)


@pytest.mark.parametrize("loss", [Squared(), PseudoHuber(), Cauchy(), SquaredHinge()], ids=lambda loss: loss.kind)
def test_other_losses_by_the_plain_way(loss: Loss) -> None:
    risk, origin, directions = make(Relu(), loss=loss)
    point = params.combine(origin, directions, (0.3, -0.8))
    with torch.no_grad():
        wanted = float(loss(params.forward(risk.network, point, risk.x), risk.target).mean())
    assert AffineRisk(risk, origin, directions)(0.3, -0.8) == pytest.approx(wanted, rel=TIGHT)
    assert finish(risk.at(point))[0] == pytest.approx(wanted, rel=TIGHT)


def test_flops_count_what_is_multiplied_at_every_point() -> None:
    risk, origin, directions = make(Relu(), (7, 5))
    assert AffineRisk(risk, origin, directions).flops == 2 * N * (7 * 5 + 5 * OUT)  # the first layer is done once
    assert AffineRisk(risk, origin, only(directions, "2.weight")).flops == 2 * N * 5 * OUT


def test_origin_and_directions_are_left_as_they_are() -> None:
    for activation in (Relu(), Silu(), Tanh()):
        risk, origin, directions = make(activation)
        before = [{key: value.clone() for key, value in p.items()} for p in (origin, *directions)]
        x = risk.x.clone()
        finish(sections.section(risk, origin, directions, sections.square_axes(1.0, 3)))
        assert torch.equal(risk.x, x)
        for p, q in zip((origin, *directions), before):
            assert all(torch.equal(p[key], q[key]) for key in q)


# --- the grid ----------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 14), min_size=1, max_size=3))
def test_every_grid_point_is_visited_once_and_the_middle_early(sizes: list[int]) -> None:
    shape = tuple(sizes)
    order, coarse = sections.dyadic_order(shape)
    assert sorted(map(tuple, order)) == sorted(np.ndindex(shape))
    assert tuple((n - 1) // 2 for n in shape) in set(map(tuple, order[:coarse]))


@pytest.mark.parametrize("shape", [(51, 51), (31, 257), (512, 512), (101,), (32, 32, 32)], ids=str)
def test_the_first_picture_needs_at_most_one_percent_of_the_points(shape: tuple[int, ...]) -> None:
    _, coarse = sections.dyadic_order(shape)
    assert 3 ** len(shape) <= coarse <= max(4 ** len(shape), 0.01 * math.prod(shape))
    if len(shape) == 2:
        assert coarse <= 0.01 * math.prod(shape) + 1


def test_unknown_points_show_the_nearest_known_one() -> None:
    values, known = np.full((5, 4), np.nan), np.zeros((5, 4), dtype=bool)
    for index, value in {(0, 0): 1.0, (4, 3): 2.0, (0, 3): np.inf}.items():
        values[index], known[index] = value, True
    found = sections.filled(values, known)
    assert found[1, 1] == 1.0 and found[3, 3] == 2.0 and found[4, 2] == 2.0 and found[1, 3] == np.inf


def test_coordinates_hold_the_middle_exactly() -> None:
    for points in (3, 51, 257):
        values = sections.coordinates(0.7, points)
        assert values[points // 2] == 0.0 and values[0] == -0.7 and values[-1] == 0.7
        np.testing.assert_allclose(values, np.linspace(-0.7, 0.7, points), atol=1e-15)
        np.testing.assert_array_equal(values, -values[::-1])


@pytest.mark.parametrize("z", [1, 2, 3])
def test_a_section_over_one_two_and_three_axes(z: int) -> None:
    risk, origin, directions = make(Gelu(), z=z)
    axes = tuple(Axis(f"a{i}", np.linspace(-1, 1, 3 + i)) for i in range(z))
    found, artifacts = finish(sections.section(risk, origin, directions, axes, name="s", title="S"))
    assert artifacts == {"s": found} and found.known is None and found.values.shape == tuple(range(3, 3 + z))
    for index in np.ndindex(found.values.shape):  # ij order: the first index is the first axis
        alpha = tuple(float(axis.values[i]) for axis, i in zip(axes, index))
        assert found.values[index] == pytest.approx(
            reference(Gelu(), origin, directions, alpha, risk.x, risk.target), abs=TIGHT
        )


def test_axes_and_directions_have_to_match() -> None:
    risk, origin, directions = make(Relu())
    with pytest.raises(ValueError, match="1 axes for 2 directions"):
        finish(sections.section(risk, origin, directions, sections.square_axes(1.0, 3, 1)))


def test_pictures_grow_from_the_coarsest_grid_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "BEAT_S", 0.0)  # hand over whatever there is
    monkeypatch.setattr(sections, "SHARE", 1e9)
    risk, origin, directions = make(Relu())
    events = list(sections.section(risk, origin, directions, sections.square_axes(1.0, 31)))
    pictures = [event for event in events if isinstance(event, Section)]
    counts = [961 if picture.known is None else int(picture.known.sum()) for picture in pictures]
    assert counts[0] == 9 and counts == sorted(counts) and counts[-1] == 961 and len(pictures) > 5
    assert all(np.isfinite(picture.values).all() for picture in pictures)  # no holes while it is being computed
    assert pictures[-1].known is None
    last = pictures[-1].values
    for picture in pictures[:-1]:
        np.testing.assert_array_equal(picture.values[picture.known], last[picture.known])
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions) and 0 <= fractions[0] and fractions[-1] <= 1


def test_something_is_heard_at_least_every_tenth_of_a_second() -> None:
    # 60 000 x 300 inputs: forming the first layer takes long, so does one point; blocks let the job speak in between
    network = Mlp(hidden=(64, 64))
    origin, *directions = (
        params.of(network.build(300, OUT, generator=torch.Generator().manual_seed(k))) for k in range(3)
    )
    x = torch.randn(60_000, 300)
    risk = Risk.on(network, CrossEntropy(), x, Labels(torch.arange(60_000) % OUT, OUT), dtype=torch.float32)
    job = sections.section(risk, origin, tuple(directions), sections.square_axes(1.0, 3))
    gaps, last = [], time.perf_counter()
    for _ in job:
        gaps.append(time.perf_counter() - last)
        last = time.perf_counter()
    # typically 0.05 s; a busy machine may hold one step up, hence not the largest gap
    assert np.quantile(gaps, 0.9) < 0.1


def test_two_threads_give_the_same_numbers() -> None:
    risk, origin, directions = make(Tanh())
    axes = sections.square_axes(1.0, 15)
    before = torch.get_num_threads()
    one, two = (finish(sections.section(risk, origin, directions, axes, workers=w))[0] for w in (1, 2))
    np.testing.assert_array_equal(one.values, two.values)
    assert torch.get_num_threads() == before


def test_closing_a_shared_section_stops_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "BEAT_S", 0.0)
    risk, origin, directions = make(Relu())
    job = sections.section(risk, origin, directions, sections.square_axes(1.0, 101), workers=2)
    next(job)
    job.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("section")]


def test_a_job_leaves_the_mode_of_torch_alone_between_its_steps() -> None:
    risk, origin, directions = make(Relu())
    for _ in sections.section(risk, origin, directions, sections.square_axes(1.0, 31)):
        assert not torch.is_inference_mode_enabled() and torch.is_grad_enabled()


def test_what_is_not_finite_stays_so() -> None:
    risk, origin, directions = make(Relu(), dtype=torch.float32, loss=Squared())
    far = tuple({key: 1e30 * value for key, value in direction.items()} for direction in directions)
    found, _ = finish(sections.section(risk, origin, far, sections.square_axes(1.0, 3)))
    assert np.isfinite(found.values[1, 1]) and not np.isfinite(found.values[0, 0])
    points = sample((3, 3), 64, torch.Generator().manual_seed(0))
    compared, _ = finish(
        brute_force(risk, origin, far, tuple(axis.values for axis in found.axes), found.values, points)
    )
    assert math.isfinite(compared.stored[4]) and not math.isfinite(compared.recomputed[0])


# --- brute force -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.float64, 1e-12)], ids=str)
def test_brute_force_agrees_with_the_section(dtype: torch.dtype, bound: float) -> None:
    risk, origin, directions = make(Tanh(), (32, 32), dtype)
    axes = sections.square_axes(1.0, 21)
    found, _ = finish(sections.section(risk, origin, directions, axes))
    points = sample(found.values.shape, 64, torch.Generator().manual_seed(0))
    assert len({tuple(p) for p in points}) == 64
    coordinates = tuple(axis.values for axis in axes)
    compared, _ = finish(brute_force(risk, origin, directions, coordinates, found.values, points))
    assert compared.largest_scaled < bound
    wrong = found.values.copy()
    wrong[tuple(points[17])] += 1e-3
    caught, _ = finish(brute_force(risk, origin, directions, coordinates, wrong, points))
    assert caught.largest == pytest.approx(1e-3, rel=1e-2)


def test_differences_are_relative_for_large_risks_and_infinite_where_one_side_is_not_finite() -> None:
    points = np.zeros((1, 2), dtype=int)
    one = Comparison(points, np.array([1000.1]), np.array([1000.0]))
    assert one.largest == pytest.approx(0.1) and one.largest_scaled == pytest.approx(1e-4)
    nan, inf = math.nan, math.inf
    for a, b, wanted in ((nan, nan, 0.0), (inf, inf, 0.0), (nan, 1.0, inf), (1.0, inf, inf), (inf, nan, inf)):
        assert Comparison(points, np.array([a]), np.array([b])).largest_scaled == wanted


def test_where_the_fast_product_is_missing_the_ordinary_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    risk, origin, directions = make(Silu(), dtype=torch.float32)
    fast = AffineRisk(risk, origin, directions)(0.3, -0.8)

    def absent(*_: object) -> Tensor:
        raise RuntimeError("not in this build")

    monkeypatch.setattr(affine_risk, "_by_onednn", absent)
    assert affine_risk.fastest_product(risk.x) is affine_risk._by_addmm
    # float32 sums of ten products of size one in another order
    assert AffineRisk(risk, origin, directions)(0.3, -0.8) == pytest.approx(fast, abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_bad_number_anywhere_reaches_the_loss(dtype: torch.dtype, bad: float) -> None:
    for key in ("0.weight", "2.weight", "4.bias"):
        risk, origin, directions = make(Relu(), dtype=dtype)
        origin[key].view(-1)[0] = bad
        moved = only(directions, "0.weight", "2.weight", "4.bias")
        plain = finish(risk.at(params.combine(origin, moved, (0.3, -0.8))))[0]
        fast = AffineRisk(risk, origin, moved)(0.3, -0.8)
        assert math.isfinite(fast) == math.isfinite(plain)
