"""The table of measurements: printed as rows come, merged into the file module by module, missed bounds in the exit status."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """scripts/bench.py as it runs: its folder in front, the package of the same name beside it."""
    import importlib.util

    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("bench_script", SCRIPTS / "bench.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "TABLE", tmp_path / "bench.md")
    yield module
    for name in [name for name in sys.modules if name == "bench" or name.startswith("bench.")]:
        del sys.modules[name]


def add(monkeypatch: pytest.MonkeyPatch, name: str, *rows: dict[str, Any]) -> None:
    def measured() -> Iterator[dict[str, Any]]:
        yield from rows

    module = ModuleType(f"bench.{name}")
    module.rows = measured  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"bench.{name}", module)


def row(what: str, ok: bool | None = True, measured: str = "2") -> dict[str, Any]:
    return {"what": what, "at_least": "1", "measured": measured, "ok": ok}


def test_modules_measured_later_leave_the_tables_of_the_others(
    bench: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add(monkeypatch, "one", row("speed"))
    add(monkeypatch, "two", row("accuracy", None, "not measured: no screen"))
    assert bench.measure(["one", "two"]) == 0
    first = bench.TABLE.read_text("utf-8")
    assert "| speed | 1 | 2 | ok |" in first and "| accuracy | 1 | not measured: no screen | – |" in first
    assert "| speed | 1 | 2 | ok |" in capsys.readouterr().out
    add(monkeypatch, "two", row("accuracy", True, "3"))
    assert bench.measure(["two"]) == 0
    second = bench.TABLE.read_text("utf-8")
    assert second.index("## one") < second.index("## two")
    assert second.replace("| accuracy | 1 | 3 | ok |", "| accuracy | 1 | not measured: no screen | – |") == first


def test_a_missed_bound_is_the_exit_status(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, "one", row("speed", False), row("other"))
    assert bench.measure(["one"]) == 1
    assert "| speed | 1 | 2 | **missed** |" in bench.TABLE.read_text("utf-8")


def test_cpu_times_drop_the_first_round(bench: Any) -> None:
    from bench import cpu_times

    calls: list[str] = []
    times = list(cpu_times(3, lambda: calls.append("a"), lambda: calls.append("b")))
    assert len(times) == 3 and all(len(spent) == 2 and min(spent) >= 0 for spent in times)
    assert calls == ["a", "b"] * 4
