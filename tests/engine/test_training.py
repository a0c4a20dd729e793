"""Training against torch's own optimisers and layers."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from lsviewer.core.artifacts import Curve
from lsviewer.core.files import Files
from lsviewer.core.jobs import Progress, finish
from lsviewer.engine import params, training
from lsviewer.engine.activations import Tanh
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Digits, Gaussian, Teacher
from lsviewer.engine.losses import CrossEntropy, Loss, Squared, SquaredHinge
from lsviewer.engine.networks import Mlp
from lsviewer.engine.training import Fitted, Schedule, fit

NETWORK = Mlp(hidden=(12,), activation=Tanh())


def data(limit: int = 90) -> Data:
    return Digits(limit=limit).load(Files())


def start(found: Data, dtype: torch.dtype = torch.float64) -> params.Params:
    generator = torch.Generator().manual_seed(1)
    return params.of(NETWORK.build(found.inputs, found.outputs, dtype=dtype, generator=generator))


def train(found: Data, schedule: Schedule, loss: Loss | None = None, seed: int = 5) -> tuple[Fitted, dict[str, Curve]]:
    job = fit(
        NETWORK, loss or CrossEntropy(), found, start(found), schedule, generator=torch.Generator().manual_seed(seed)
    )
    return finish(job)  # type: ignore[return-value]


def by_torch(found: Data, schedule: Schedule, make: Callable[[nn.Module], torch.optim.Optimizer]) -> nn.Module:
    """The same training with torch's layers, loss, optimiser and scheduler."""
    module = nn.Sequential(nn.Linear(64, 12), nn.Tanh(), nn.Linear(12, 10)).double()
    module.load_state_dict(start(found))
    optimizer = make(module)
    steps = schedule.epochs * math.ceil(len(found.x) / schedule.batch_size)
    if schedule.cosine:
        decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    generator = torch.Generator().manual_seed(5)
    for _ in range(schedule.epochs):
        for rows in torch.randperm(len(found.x), generator=generator).split(schedule.batch_size):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(found.x[rows].flatten(1).double()), found.y[rows]).backward()
            optimizer.step()
            if schedule.cosine:
                decay.step()
    return module


@pytest.mark.parametrize("cosine", [True, False])
@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_the_updates_are_those_of_torch(name: str, cosine: bool) -> None:
    found = data()
    schedule = Schedule(name, 0.01, batch_size=32, epochs=4, weight_decay=0.1, momentum=0.8, cosine=cosine)  # type: ignore[arg-type]
    if name == "adam":
        module = by_torch(found, schedule, lambda m: torch.optim.AdamW(m.parameters(), lr=0.01, weight_decay=0.1))
    else:
        module = by_torch(
            found, schedule, lambda m: torch.optim.SGD(m.parameters(), lr=0.01, weight_decay=0.1, momentum=0.8)
        )
    mine, _ = train(found, schedule)
    assert mine.steps == 12  # 90 samples: batches of 32, 32, 26
    for key, value in module.named_parameters():
        # 12 steps in float64; Adam's division by small roots amplifies rounding to some 1e-13
        torch.testing.assert_close(mine.params[key], value.detach(), rtol=1e-9, atol=1e-11)


def test_losses_and_accuracies_are_those_of_the_plain_network_on_all_samples() -> None:
    found = data(300)
    fitted, artifacts = train(found, Schedule(epochs=3))
    module = nn.Sequential(nn.Linear(64, 12), nn.Tanh(), nn.Linear(12, 10)).double()
    module.load_state_dict(fitted.params)
    for quality, x, y in ((fitted.train, found.x, found.y), (fitted.test, found.x_test, found.y_test)):
        assert quality is not None and x is not None and y is not None
        with torch.no_grad():
            outputs = module(x.flatten(1).double())
        assert quality.loss == pytest.approx(float(nn.functional.cross_entropy(outputs, y)), rel=1e-12)
        assert quality.accuracy == pytest.approx(float((outputs.argmax(1) == y).double().mean()), abs=1e-12)
    assert set(artifacts) == {"loss", "accuracy"}
    for curve, last in ((artifacts["loss"], "loss"), (artifacts["accuracy"], "accuracy")):
        assert [series.label for series in curve.series] == ["training", "test"]
        assert curve.series[0].x[0] == 0 and curve.series[0].x[-1] == fitted.steps
        assert curve.series[0].y[-1] == getattr(fitted.train, last)
        assert curve.series[1].y[-1] == getattr(fitted.test, last)


def test_digits_are_learned() -> None:
    found = Digits().load(Files())
    network = Mlp(hidden=(64, 64))
    begin = params.of(network.build(64, 10, generator=torch.Generator().manual_seed(0)))
    fitted, _ = finish(
        fit(network, CrossEntropy(), found, begin, Schedule(), generator=torch.Generator().manual_seed(0))
    )
    assert fitted.train.accuracy > 0.99 and fitted.test is not None and fitted.test.accuracy > 0.95


def test_the_same_seed_gives_the_same_network_and_the_start_is_left_alone() -> None:
    found = data()
    begin = start(found)
    before = {key: value.clone() for key, value in begin.items()}
    runs = [
        finish(
            fit(NETWORK, CrossEntropy(), found, begin, Schedule(epochs=2), generator=torch.Generator().manual_seed(s))
        )[0]
        for s in (1, 1, 2)
    ]
    assert all(torch.equal(begin[key], before[key]) for key in begin)
    assert all(torch.equal(runs[0].params[key], runs[1].params[key]) for key in begin)
    assert not torch.equal(runs[0].params["0.weight"], runs[2].params["0.weight"])


@pytest.mark.parametrize("loss", [Squared(), SquaredHinge()], ids=lambda loss: loss.kind)
def test_other_losses_learn_classes_too(loss: Loss) -> None:
    found = Gaussian(samples=200, inputs=4, classes=3, separation=8.0).load(Files())
    fitted, _ = train(found, Schedule(epochs=20, learning_rate=0.02), loss)
    assert fitted.train.accuracy > 0.97


def test_float_targets_have_no_accuracy() -> None:
    found = Teacher(samples=128, inputs=5).load(Files())
    fitted, artifacts = train(found, Schedule(epochs=30, learning_rate=0.02), Squared())
    assert "accuracy" not in artifacts and math.isnan(fitted.train.accuracy)
    curve = artifacts["loss"].series[0].y
    assert curve[-1] < 0.2 * curve[0]


def test_a_batch_may_be_larger_than_the_data_and_the_test_part_absent() -> None:
    found = Digits(limit=50, test_fraction=0.0).load(Files())
    fitted, artifacts = train(found, Schedule(batch_size=1000, epochs=3))
    assert fitted.steps == 3 and fitted.test is None and len(artifacts["loss"].series) == 1


def test_a_loss_that_explodes_names_the_step_and_what_to_try() -> None:
    with pytest.raises(
        FloatingPointError, match=r"^the loss is (nan|inf) at step \d+: try a smaller learning rate than 1e\+200, or"
    ):
        train(data(), Schedule("sgd", 1e200, epochs=30), Squared())


def test_the_first_bad_step_is_named_although_it_is_looked_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "BEAT_S", 1e9)
    monkeypatch.setattr(training, "MEASUREMENTS", 1)
    found = data(64)
    found.x[7] = math.nan  # in every epoch of one batch
    with pytest.raises(FloatingPointError, match="the loss is nan at step 1:"):
        train(found, Schedule(batch_size=64, epochs=5))


def test_progress_grows_and_pausing_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "BEAT_S", 0.0)
    found = data()
    job = fit(
        NETWORK, CrossEntropy(), found, start(found), Schedule(epochs=5), generator=torch.Generator().manual_seed(5)
    )
    fractions = []
    while True:
        try:
            event = next(job)
        except StopIteration as stop:
            paused = stop.value
            break
        torch.manual_seed(len(fractions))  # somebody else uses torch while this one pauses
        if isinstance(event, Progress):
            fractions.append(event.fraction)
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    straight, _ = train(found, Schedule(epochs=5))
    assert all(np.array_equal(paused.params[key], straight.params[key]) for key in straight.params)
