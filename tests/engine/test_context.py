"""Context: named generators, the device that is there, and a cache that replaces by kind."""

import pytest
import torch

from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.core.spec import SpecError, parse
from lsviewer.engine.context import Context, open_context, pick_device


def numbers(context: Context, name: str) -> list[float]:
    return torch.rand(3, generator=context.generator(name)).tolist()


def test_a_name_and_a_seed_decide_the_numbers() -> None:
    assert numbers(Context(seed=1), "init") == numbers(Context(seed=1), "init")
    assert numbers(Context(seed=1), "init") != numbers(Context(seed=2), "init")
    assert numbers(Context(seed=1), "init") != numbers(Context(seed=1), "batches")


def test_a_new_key_replaces_the_old_one_of_its_kind_only() -> None:
    context = Context()
    made: list[str] = []

    def make(word: str) -> str:
        made.append(word)
        return word

    assert context.cached(("features", 1), lambda: make("a")) == "a"
    assert context.cached(("features", 1), lambda: make("b")) == "a"
    assert context.cached(("data", 1), lambda: make("c")) == "c"
    assert context.cached(("features", 2), lambda: make("d")) == "d"
    assert context.cached(("features", 1), lambda: make("e")) == "e"
    assert context.cached(("data", 1), lambda: make("f")) == "c"
    assert made == ["a", "c", "d", "e"]
    assert len(context.cache) == 2


def test_the_context_is_what_the_experiment_asks_for() -> None:
    context = open_context(Experiment(device="cpu", dtype="float64", seed=5), Files())
    assert (context.device.type, context.dtype, context.seed) == ("cpu", torch.float64, 5)


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device("auto").type == "cpu"
    with pytest.raises(SpecError, match=r"^field 'device' is 'cuda': this machine has cpu$"):
        pick_device("cuda")


def test_auto_takes_the_gpu_but_never_mps_on_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto").type == "cpu"
    assert pick_device("mps").type == "mps"
    with pytest.raises(SpecError, match="the mps device has no float64"):
        open_context(Experiment(device="mps", dtype="float64"), Files())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"device": "tpu"}, "field 'device' is 'tpu': input should be 'auto', 'cpu', 'cuda' or 'mps'"),
        ({"dtype": "float16"}, "field 'dtype' is 'float16'"),
        ({"seed": -1}, "field 'seed' is -1: input should be greater than or equal to 0"),
    ],
)
def test_bad_settings_are_refused_by_field(data: dict[str, object], expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(Experiment, data)
    assert str(caught.value).startswith(expected)
