"""What scripts/run.py and scripts/test.py decide before they touch the machine."""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from scripts import _environment as environment
from scripts import _system as system
from scripts._environment import Stamp

ROOT = Path(__file__).parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
CONSTRAINTS = (ROOT / "packaging" / "constraints.txt").read_text("utf-8")
NOW = "d1"


def stamp(*extras: str, digest: str = NOW, torch: str = "cpu") -> Stamp:
    return Stamp(digest, frozenset(extras), torch)


def normal(name: str) -> str:
    """A package name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


# --- the stamp ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [set(), {"test"}, {"dev"}, {"test", "dev"}])
def test_more_extras_than_asked_for_are_fresh(asked: set[str]) -> None:
    installed = stamp("test", "dev")
    assert installed.covers(environment.wanted(asked, None, installed, NOW))


def test_an_extra_that_is_not_there_is_installed_and_the_others_stay() -> None:
    installed = stamp("test")
    target = environment.wanted({"dev"}, None, installed, NOW)
    assert not installed.covers(target)
    assert target.extras == {"test", "dev"}


def test_run_does_not_undo_test_after_a_change_of_pins() -> None:
    assert environment.wanted(set(), None, stamp("test"), "d2") == stamp("test", digest="d2")


def test_a_changed_digest_is_not_fresh() -> None:
    installed = stamp("test")
    assert not installed.covers(environment.wanted({"test"}, None, installed, "d2"))


def test_the_torch_build_stays_unless_another_is_asked_for() -> None:
    installed = stamp(torch="default")
    assert environment.wanted(set(), None, installed, NOW).torch == "default"
    assert environment.wanted(set(), "cpu", installed, NOW).torch == "cpu"
    assert not installed.covers(environment.wanted(set(), "cpu", installed, NOW))


def test_the_first_installation_takes_the_cpu_build() -> None:
    assert environment.wanted({"test"}, None, None, NOW) == stamp("test")


def test_a_stamp_survives_its_file() -> None:
    written = stamp("test", "dev", torch="default")
    assert Stamp.from_json(written.to_json()) == written


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"digest": "d1"}', '{"digest": "d1", "extras": 3, "torch": "cpu"}']
)
def test_a_damaged_stamp_counts_as_none(text: str) -> None:
    assert Stamp.from_json(text) is None


# --- the digest --------------------------------------------------------------------------------------------------------


def test_the_digest_follows_dependencies_pins_and_python() -> None:
    here = environment.digest(PYPROJECT, CONSTRAINTS, "3.11")
    assert environment.digest(PYPROJECT.replace('"numpy>=2.0"', '"numpy>=2.1"'), CONSTRAINTS, "3.11") != here
    assert environment.digest(PYPROJECT, CONSTRAINTS.replace("torch==", "torch==9."), "3.11") != here
    assert environment.digest(PYPROJECT, CONSTRAINTS, "3.12") != here


def test_the_digest_ignores_linters_comments_and_order() -> None:
    here = environment.digest(PYPROJECT, CONSTRAINTS, "3.11")
    assert environment.digest(PYPROJECT.replace("line-length = 120", "line-length = 99"), CONSTRAINTS, "3.11") == here
    shuffled = "# tested\n" + "\n".join(reversed(CONSTRAINTS.splitlines()))
    assert environment.digest(PYPROJECT, shuffled, "3.11") == here


def test_pins_drop_comments() -> None:
    assert environment.pins("a==1\n# b==2\nc==3  # why\n\n") == {"a": "1", "c": "3"}


# --- torch -------------------------------------------------------------------------------------------------------------


def test_on_linux_the_cpu_build_is_tried_from_configured_sources_then_its_index_then_whatever_there_is() -> None:
    configured, index, last = environment.torch_attempts("2.13.0", "cpu", "Linux")
    assert configured == ["torch==2.13.0+cpu"]
    assert index[:2] == ["torch==2.13.0", "--index-url"]
    assert "--retries" in index  # a closed network costs seconds
    assert last == ["torch==2.13.0"]


@pytest.mark.parametrize(("build", "name"), [("default", "Linux"), ("cpu", "Darwin"), ("cpu", "Windows")])
def test_elsewhere_there_is_one_build(build: str, name: str) -> None:
    assert environment.torch_attempts("2.13.0", build, name) == [["torch==2.13.0"]]


@pytest.mark.parametrize(
    ("installed", "build", "name", "fits"),
    [
        ("2.13.0+cpu", "cpu", "Linux", True),
        ("2.13.0", "cpu", "Linux", False),
        ("2.13.0+cpu", "default", "Linux", False),
        ("2.13.0", "default", "Linux", True),
        ("2.13.0", "cpu", "Darwin", True),
        ("2.12.1+cpu", "cpu", "Linux", False),
        ("", "cpu", "Linux", False),
    ],
)
def test_which_installed_torch_is_kept(installed: str, build: str, name: str, fits: bool) -> None:
    assert environment.torch_fits(installed, "2.13.0", build, name) is fits


# --- the pins hold -----------------------------------------------------------------------------------------------------


def test_every_dependency_is_pinned_exactly() -> None:
    project = tomllib.loads(PYPROJECT)["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    needed = {normal(re.split(r"[\[<>=!~ ]", line)[0]) for lines in lists for line in lines} - {"lsviewer"}
    assert needed <= {normal(name) for name in environment.pins(CONSTRAINTS)}


def test_what_is_installed_is_what_was_tested() -> None:
    installed = {normal(found.metadata["Name"]): found.version.partition("+")[0] for found in metadata.distributions()}
    pins = {normal(name): version for name, version in environment.pins(CONSTRAINTS).items()}
    differing = {
        name: (installed[name], pins[name]) for name in installed.keys() & pins.keys() if installed[name] != pins[name]
    }
    assert not differing


def test_no_pin_names_a_host_or_a_folder() -> None:
    assert all(
        re.fullmatch(r"[\w.-]+==[\w.+!-]+", line) for line in CONSTRAINTS.splitlines() if not line.startswith("#")
    )


# --- the system --------------------------------------------------------------------------------------------------------


def test_only_the_lacking_libraries_are_asked_for() -> None:
    lacking = {"libEGL.so.1", "libxcb-cursor.so.0"}
    assert system.missing_for_qt(lambda library: library not in lacking) == ["libegl1", "libxcb-cursor0"]
    assert system.missing_for_qt(lambda library: True) == []


def test_the_advice_is_the_exact_command() -> None:
    text = system.advice(["libegl1", "libxcb-cursor0"])
    assert "  sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1 libxcb-cursor0\n" in text
    assert "libEGL.so.1, libxcb-cursor.so.0" in text  # for those who have no apt-get


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux may lack these")
def test_without_rights_the_command_is_printed_and_nothing_runs(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "missing_for_qt", lambda: ["libegl1"])
    monkeypatch.setattr(system, "may_install", lambda: False)
    monkeypatch.setattr(system.subprocess, "run", lambda *a, **k: pytest.fail(f"ran {a}"))
    with pytest.raises(SystemExit, match="apt-get install -y --no-install-recommends libegl1"):
        system.ensure(window=True, screen=False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux needs a virtual screen")
def test_a_screen_counts_where_x_or_wayland_is_named() -> None:
    assert system.has_display({"DISPLAY": ":0"})
    assert system.has_display({"WAYLAND_DISPLAY": "wayland-0"})
    assert not system.has_display({"DISPLAY": "", "HOME": "/"})


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux needs a virtual screen")
def test_a_virtual_screen_ends_with_its_block() -> None:
    with pytest.raises(ZeroDivisionError), system.virtual_screen() as environ:
        socket = Path("/tmp/.X11-unix") / f"X{environ['DISPLAY'].removeprefix(':')}"
        assert socket.exists()
        raise ZeroDivisionError
    assert not socket.exists()


def test_run_gives_the_exit_status_back() -> None:
    assert system.run([sys.executable, "-c", "raise SystemExit(7)"], os.environ) == 7


# --- the entry ---------------------------------------------------------------------------------------------------------


def test_the_entry_brings_neither_torch_nor_qt() -> None:
    words = "import lsviewer.__main__, sys; print([m for m in ('torch', 'PySide6', 'numpy') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("arguments", [["run", "recipe.json"], ["list"], ["--version"], ["--help"]])
def test_commands_need_no_display(arguments: list[str]) -> None:
    from lsviewer.__main__ import opens_window

    assert not opens_window(arguments)


@pytest.mark.parametrize("arguments", [[], ["my.lsv"], ["--selftest"], ["--info"]])
def test_everything_else_opens_a_window(arguments: list[str]) -> None:
    from lsviewer.__main__ import opens_window

    assert opens_window(arguments)


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    import lsviewer
    from lsviewer.__main__ import main

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"lsviewer {lsviewer.__version__}\n"
