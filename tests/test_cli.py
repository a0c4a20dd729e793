"""The command line: what it prints, what it writes, and one line for whatever is wrong. Nobody sees a traceback."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsviewer import cli
from lsviewer.project import archive

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    from lsviewer import experiments
    from tests.tiny import Tiny

    monkeypatch.setattr(experiments, "EXPERIMENTS", (*experiments.EXPERIMENTS, Tiny))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.json"
    path.write_text('{"kind": "tiny"}')
    return path


def refused(capsys: Capture, *arguments: object) -> str:
    """The one line on stderr of a command that ends with 2 and prints nothing else."""
    assert cli.main([str(argument) for argument in arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("lsviewer: ") and shown.err.count("\n") == 1, shown.err
    return shown.err


def test_run_prints_claims_and_numbers(recipe: Path, capsys: Capture) -> None:
    assert cli.main(["run", str(recipe)]) == 0
    shown = capsys.readouterr()
    assert "holds           the section is finite" in shown.out
    assert "psnr_db" in shown.out and "it does not mean: Anything else." in shown.out
    assert shown.err == ""  # a short run that is not on a terminal says nothing meanwhile


def test_run_json_prints_one_object_with_every_promised_key(recipe: Path, capsys: Capture) -> None:
    assert cli.main(["run", str(recipe), "--json", "--set", "seed=3", "--set", "dtype=float64"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert (found["experiment"], found["seed"], found["device"], found["dtype"]) == ("tiny", 3, "cpu", "float64")
    assert found["seconds"] > 0
    assert found["numbers"]["psnr_db"] is None and found["numbers"]["points"] == 36  # infinity is no JSON number
    assert set(found["claims"][0]) >= {"statement", "expected", "measured", "tolerance", "verdict", "reason"}
    assert found["claims"][0]["verdict"] == "holds"
    assert {"name": "section", "kind": "section", "shape": [6, 6]} in found["artifacts"]


def test_a_failing_claim_is_status_1(recipe: Path, capsys: Capture) -> None:
    assert cli.main(["run", str(recipe), "--set", "act=fail", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["claims"][0]["verdict"] == "fails"


def test_the_same_recipe_gives_the_same_numbers(recipe: Path, capsys: Capture) -> None:
    def numbers() -> Any:
        assert cli.main(["run", str(recipe), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        return found["numbers"], found["claims"]

    assert numbers() == numbers()


def test_out_gets_a_project_and_figures(recipe: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "deep" / "out"
    assert cli.main(["run", str(recipe), "--out", str(out)]) == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"project.lsv", "section.png", "section_surface.png", "profile.png"}
    assert f"wrote {out / 'project.lsv'}" in capsys.readouterr().out
    project = archive.load(out / "project.lsv")
    [run] = project.runs
    assert project.entry(run.entry).experiment == run.experiment
    assert set(run.artifacts) == {"section", "profile", "checkpoint"} and run.seconds > 0 and run.pattern is not None
    assert archive.read_thumbnail(out / "project.lsv").startswith(b"\x89PNG")


def test_out_is_written_again_and_other_files_stay(recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli.main(["run", str(recipe), "--out", str(out)]) == 0
    (out / "mine.txt").write_text("hello")
    assert cli.main(["run", str(recipe), "--out", str(out), "--set", "seed=5"]) == 0
    assert (out / "mine.txt").read_text() == "hello"
    assert archive.load(out / "project.lsv").runs[0].experiment.seed == 5
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_paths_of_a_recipe_hold_from_its_own_folder_and_in_the_saved_project(tmp_path: Path) -> None:
    data = tmp_path / "recipes" / "data"
    data.mkdir(parents=True)
    np.savez(data / "d.npz", x=np.eye(6, dtype=np.float32), y=np.arange(6) % 2)
    np.save(data / "t.npy", np.linspace(0, 1, 16).reshape(4, 4))
    recipe = tmp_path / "recipes" / "r.json"
    recipe.write_text(
        json.dumps(
            {
                "kind": "tiny",
                "dataset": {"kind": "npz", "path": "data/d.npz"},
                "pattern": {"kind": "array", "path": "data/t.npy"},
            }
        )
    )
    assert cli.main(["run", str(recipe), "--out", str(tmp_path / "out")]) == 0
    assert cli.main(["bundle", str(tmp_path / "out" / "project.lsv"), "--out", str(tmp_path / "b")]) == 0
    assert cli.main(["run", str(recipe), "--out", str(tmp_path / "recipes")]) == 0
    stored: Any = archive.load(tmp_path / "recipes" / "project.lsv").runs[0].experiment
    assert stored.dataset.path == "data/d.npz"  # inside the folder: it may be moved as a whole


# -- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("grid=4", "grid", 4),
        ("dataset.limit=30", "dataset.limit", 30),
        ("network.hidden=[5,6,7]", "network.hidden", (5, 6, 7)),
        ("network.hidden.1=9", "network.hidden", (12, 9)),
        ("network.activation.kind=tanh", "network.activation.kind", "tanh"),
        ("loss.kind=squared", "loss.kind", "squared"),
        ('pattern={"kind":"formula","expression":"a"}', "pattern.expression", "a"),
        ("pattern.kind=formula", "pattern.kind", "formula"),
        ("device=cpu", "device", "cpu"),
    ],
)
def test_set_reaches_every_value(recipe: Path, setting: str, name: str, value: object) -> None:
    from lsviewer.project import recipes

    found: Any = recipes.read(recipe, [setting])
    for part in name.split("."):
        found = getattr(found, part)
    assert found == value


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("grid", "NAME=VALUE is expected"),
        ("=3", "NAME=VALUE is expected"),
        ("a..b=3", "NAME=VALUE is expected"),
        ("grid=1", "field 'grid' is 1"),
        ("grid=big", "field 'grid' is 'big'"),
        ("colour=red", "unknown field 'colour'"),
        ("network.hidden.7=3", "'network.hidden' is a list of 2, '7' is not one of its positions"),
        ("network.hidden.x=3", "'x' is not one of its positions"),
        ("network.hidden.0.deep=3", "it has no field 'deep'"),
        ("dataset.path=x.npz", "unknown field 'dataset.path'"),
    ],
)
def test_a_wrong_setting_is_named(recipe: Path, capsys: Capture, setting: str, sentence: str) -> None:
    # pydantic names the member of a union too: dataset.digits.path
    assert sentence.split(".")[-1] in refused(capsys, "run", recipe, "--set", setting)


# -- what can be wrong with a recipe ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1, column 1: not JSON"),
        ('{"kind": "tiny",\n "grid": }', "line 2, column 10: not JSON"),
        ("[1, 2]", "holds a JSON list, a recipe is an object"),
        ("3", "holds a JSON number"),
        ("{}", "field 'kind' is missing"),
        ('{"kind": "nothing"}', "field 'kind' is 'nothing': no such experiment; there are"),
        ('{"kind": 7}', "field 'kind' is '7'"),
        ('{"kind": "tiny", "grids": 3}', "unknown field 'grids'"),
        ('{"kind": "tiny", "grid": 1000}', "field 'grid' is 1000: input should be less than or equal to 64"),
        ('{"kind": "tiny", "grid": 8, "grid": 9}', "field 'grid' is given twice"),
        ('{"kind": "tiny", "amplitude": NaN}', "field 'amplitude' is nan"),
        ('{"kind": "tiny", "network": {"kind": "mlp", "hidden": [0]}}', "hidden.0' is 0"),
        ('{"kind": "tiny", "dataset": {"kind": "npz", "path": "none.npz"}}', "no file 'none.npz'"),
        ('{"kind": "tiny", "pattern": {"kind": "image", "path": "recipe.json"}}', "'recipe.json' is not an image"),
        ('{"kind": "tiny", "pattern": {"kind": "formula", "expression": "__import__(1)"}}', "formula"),
        ('{"kind": "tiny", "device": "cuda"}', "field 'device' is 'cuda'"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_wrong_recipe_is_one_line(recipe: Path, capsys: Capture, text: str, sentence: str) -> None:
    recipe.write_text(text)
    before = set(recipe.parent.rglob("*"))
    assert sentence in refused(capsys, "run", recipe, "--out", recipe.parent / "out")
    assert set(recipe.parent.rglob("*")) == before  # nothing half-written


def test_a_recipe_that_is_no_file(tmp_path: Path, capsys: Capture) -> None:
    assert "no such file" in refused(capsys, "run", tmp_path / "none.json")
    assert "directory" in refused(capsys, "run", tmp_path)
    (tmp_path / "r.json").write_bytes(b"\xff\xfe\x00")
    assert "not a text file in UTF-8" in refused(capsys, "run", tmp_path / "r.json")


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("nan", "the loss is not finite at step 3"),
        ("memory", "out of memory (Unable to allocate 7.00 GiB): choose a smaller grid"),
        ("disk", "no space left on device"),
        ("crash", "internal error, IndexError: index 7 is out of bounds"),
    ],
)
def test_a_run_that_breaks_is_one_line_and_writes_nothing(
    recipe: Path, capsys: Capture, act: str, sentence: str
) -> None:
    out = recipe.parent / "out"
    assert sentence in refused(capsys, "run", recipe, "--set", f"act={act}", "--out", out)
    assert not out.exists()


def test_an_interrupted_run_is_130_and_writes_nothing(recipe: Path, capsys: Capture) -> None:
    out = recipe.parent / "out"
    assert cli.main(["run", str(recipe), "--set", "act=slow", "--out", str(out)]) == 130
    assert capsys.readouterr().err == "lsviewer: interrupted; nothing was written\n"
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_said_before_the_run(recipe: Path, capsys: Capture) -> None:
    (recipe.parent / "file").write_text("x")
    for out in (recipe.parent / "file", recipe.parent / "file" / "out"):
        assert "a folder is expected" in refused(capsys, "run", recipe, "--set", "act=crash", "--out", out)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run"],
        ["dance"],
        ["list", "--loud"],
        ["figure", "a.lsv", "b"],
        ["figure", "a", "b", "-o", "c", "--dpi", "x"],
    ],
)
def test_wrong_arguments_are_one_line(capsys: Capture, arguments: list[str]) -> None:
    assert "--help says more" in refused(capsys, *arguments)


def test_help_is_no_error(capsys: Capture) -> None:
    assert cli.main(["run", "--help"]) == 0
    assert "--set" in capsys.readouterr().out


# -- what there is ---------------------------------------------------------------------------------------------------


def test_list_groups_by_paper(capsys: Capture) -> None:
    assert cli.main(["list"]) == 0
    text = capsys.readouterr().out
    assert "\nNobody 2024\n  tiny" in text and text.index("Czarnecki") < text.index("  theorem1")
    assert cli.main(["list", "--json"]) == 0
    kinds = [row["kind"] for row in json.loads(capsys.readouterr().out)]
    assert "theorem1" in kinds and len(set(kinds)) == len(kinds)


def test_describe_tells_statement_source_bounds_and_defaults(capsys: Capture) -> None:
    assert cli.main(["describe", "tiny"]) == 0
    text = capsys.readouterr().out
    assert (
        "Nobody 2024, page 1" in text
        and "Nothing is planted and nothing is trained." in text
        and "says nothing" in text
    )
    assert "grid           integer ≥ 2, ≤ 64, default 6  | Grid. Points an axis" in text
    assert "amplitude      number > 0, ≤ 10, default 1.0" in text
    assert "cross_entropy | squared" in text and "delta" in text and "mnist_small" in text
    assert cli.main(["describe", "tiny", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"]["properties"]["grid"]["maximum"] == 64


def test_every_field_of_every_experiment_is_described(capsys: Capture) -> None:
    from lsviewer.core.experiment import kind_of
    from lsviewer.experiments import EXPERIMENTS

    for experiment in EXPERIMENTS:
        assert cli.main(["describe", kind_of(experiment)]) == 0
        text = capsys.readouterr().out
        for name in experiment.model_fields:
            assert name == "kind" or f"\n  {name} " in text, (experiment, name)


def test_describe_names_what_there_is_when_it_is_not_there(capsys: Capture) -> None:
    assert "no such experiment; there are theorem1" in refused(capsys, "describe", "astrology")


def test_datasets_says_where_they_are(capsys: Capture) -> None:
    assert cli.main(["datasets"]) == 0
    text = capsys.readouterr().out
    assert "digits         built in" in text and "not downloaded yet" in text
    assert cli.main(["datasets", "--json"]) == 0
    rows = {row["kind"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["mnist"]["cached"] is False and rows["mnist"]["folder"].startswith(os.environ["LSVIEWER_DATA"])
    assert rows["digits"]["folder"] is None


# -- what a project holds --------------------------------------------------------------------------------------------


@pytest.fixture
def saved(recipe: Path, tmp_path: Path, capsys: Capture) -> Path:
    assert cli.main(["run", str(recipe), "--out", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    return tmp_path / "out" / "project.lsv"


def test_bundle(saved: Path, tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["bundle", str(saved), "--out", str(tmp_path / "b")]) == 0
    assert (tmp_path / "b" / "verify.py").exists()
    capsys.readouterr()
    assert "already exists" in refused(capsys, "bundle", saved, "--out", tmp_path / "b")
    assert cli.main(["bundle", str(saved), "--run", "1", "--out", str(tmp_path / "c")]) == 0
    capsys.readouterr()
    assert "has no run 'r9'; it has r1" in refused(capsys, "bundle", saved, "--run", "r9", "--out", tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_bundle_of_a_project_without_runs(tmp_path: Path, capsys: Capture) -> None:
    from lsviewer.project.document import Project

    archive.save(Project(), tmp_path / "p.lsv")
    assert "has no runs" in refused(capsys, "bundle", tmp_path / "p.lsv", "--out", tmp_path / "b")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "csv", "npz", "vtk", "vti"])
def test_figure_by_ending(saved: Path, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"f.{ending}"
    assert cli.main(["figure", str(saved), "section", "-o", str(path), "--size", "3x3", "--dpi", "50"]) == 0
    assert path.stat().st_size > 100


def test_figure_of_a_certain_run_and_of_a_checkpoint(saved: Path, tmp_path: Path) -> None:
    assert cli.main(["figure", str(saved), "r1/profile", "-o", str(tmp_path / "p.csv")]) == 0
    assert (tmp_path / "p.csv").read_text().startswith("series,α,L\nfirst row,0.0,")
    assert cli.main(["figure", str(saved), "checkpoint", "-o", str(tmp_path / "w.safetensors")]) == 0
    assert (
        cli.main(["figure", str(saved), "section", "--view", "error", "--theme", "dark", "-o", str(tmp_path / "e.png")])
        == 0
    )


def test_a_wrong_figure_is_one_line(saved: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "f.png"
    assert "has no artifact 'x'; it has r1/section" in refused(capsys, "figure", saved, "x", "-o", out)
    assert "has no artifact 'r2/section'" in refused(capsys, "figure", saved, "r2/section", "-o", out)
    assert "ending '.gif' is not one of" in refused(capsys, "figure", saved, "section", "-o", tmp_path / "f.gif")
    assert "size '9'" in refused(capsys, "figure", saved, "section", "-o", out, "--size", "9")
    assert "dpi is 9" in refused(capsys, "figure", saved, "section", "-o", out, "--dpi", "9")
    assert "is not a section" in refused(capsys, "figure", saved, "profile", "-o", out, "--view", "surface")
    assert "not a project file" in refused(capsys, "figure", tmp_path / "recipe.json", "section", "-o", out)
    assert "could not be written" in refused(capsys, "figure", saved, "section", "-o", tmp_path / "no" / "f.png")
    assert not out.exists()


# -- as a program ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_no_qt_and_no_display_are_needed(tmp_path: Path) -> None:
    code = (
        "import sys; from lsviewer.__main__ import main; status = main(sys.argv[1:]);"
        "assert not any(name.split('.')[0] in ('PySide6', 'pyqtgraph') for name in sys.modules); sys.exit(status)"
    )
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    (tmp_path / "r.json").write_text('{"kind": "theorem1", "grid": 16, "dataset": {"kind": "digits"}}')
    command = [sys.executable, "-c", code, "run", str(tmp_path / "r.json"), "--json", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    numbers = json.loads(done.stdout)["numbers"]
    assert numbers["psnr_db"] > 60 and numbers["brute_force_points"] >= 64
    assert (tmp_path / "out" / "section_surface.png").exists()


ENDLESS = """
import sys, time
from lsviewer import cli, experiments
from lsviewer.core.jobs import Progress
from tests.tiny import Tiny

def run(self, context):
    print("started", flush=True)
    while True:
        time.sleep(0.01)
        yield Progress(0.4, "endless")

Tiny.run = run
experiments.EXPERIMENTS = (Tiny,)
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_ctrl_c_ends_the_process_with_130(recipe: Path, request: pytest.FixtureRequest) -> None:
    out = recipe.parent / "out"
    command = [sys.executable, "-c", ENDLESS, "run", str(recipe), "--out", str(out)]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=request.config.rootpath
    )
    with child:
        assert child.stdout is not None and child.stdout.readline() == "started\n"
        child.send_signal(signal.SIGINT)
        rest, err = child.communicate(timeout=60)
    assert (child.returncode, rest) == (130, "")
    assert err == "lsviewer: interrupted; nothing was written\n"
    assert not out.exists()


def test_progress_on_a_terminal_is_one_line_that_vanishes(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert cli.main(["run", str(recipe)]) == 0
    shown = capsys.readouterr().err
    assert shown.startswith("\r  0%  loading") and "\n" not in shown
    assert shown.endswith("\r") and shown.rsplit("\r", 2)[1].strip() == ""


def test_the_network_of_a_run_as_a_figure(tmp_path: Path, capsys: Capture) -> None:
    recipe = tmp_path / "planted.json"
    network = {"kind": "mlp", "hidden": [16, 16, 16, 3]}
    recipe.write_text(
        json.dumps({"kind": "theorem1", "dataset": {"kind": "digits", "limit": 40}, "network": network, "grid": 8})
    )
    assert cli.main(["run", str(recipe), "--out", str(tmp_path / "out")]) in (0, 1)
    assert (tmp_path / "out" / "network.png").stat().st_size > 1000
    project = tmp_path / "out" / "project.lsv"
    shown = []
    for at in ("0,0", "0.5,0.9"):
        path = tmp_path / f"n{at}.svg"
        assert cli.main(["figure", str(project), "network", "-o", str(path), "--at", at]) == 0
        shown.append(path.read_text())
    assert shown[0] != shown[1] and all("hats α₁ (8 units, role pattern, parameters fixed)" in text for text in shown)
    assert cli.main(["figure", str(project), "network", "-o", str(tmp_path / "n.csv")]) == 0
    assert "hidden 1,knots α₂,8,8,pattern,fixed,False,0" in (tmp_path / "n.csv").read_text()
    capsys.readouterr()
    out = tmp_path / "no.svg"
    assert "--at 'x' is not of the form 0.3,0.7" in refused(
        capsys, "figure", project, "network", "-o", out, "--at", "x"
    )
    assert "1 coordinates for 2 directions" in refused(capsys, "figure", project, "network", "-o", out, "--at", "1")
