"""Project files: exact round trips, and one sentence for every way a file can be wrong."""

import dataclasses
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsviewer import experiments
from lsviewer.core.arrays import freeze
from lsviewer.core.artifacts import Axis, Checkpoint, Section
from lsviewer.project import archive, container, migrations
from lsviewer.project.document import Project, ProjectError, Run
from tests.tiny import Tiny

PNG = b"\x89PNG\r\n\x1a\n thumbnail"


def assert_same(a: Any, b: Any, path: str = "") -> None:
    """Every value equal and of the same type, arrays bit for bit; shares no code with the archive."""
    if isinstance(a, np.ndarray):
        assert isinstance(b, np.ndarray) and (a.dtype, a.shape) == (b.dtype, b.shape), path
        assert a.tobytes() == b.tobytes(), path
        assert not b.flags.writeable, path
    elif dataclasses.is_dataclass(a):
        assert type(a) is type(b), path
        for field in dataclasses.fields(a):
            assert_same(getattr(a, field.name), getattr(b, field.name), f"{path}.{field.name}")
    elif isinstance(a, Mapping):
        assert list(a) == list(b), path
        for key in a:
            assert_same(a[key], b[key], f"{path}[{key}]")
    elif isinstance(a, tuple | list):
        assert len(a) == len(b), path
        for i, (x, y) in enumerate(zip(a, b)):
            assert_same(x, y, f"{path}[{i}]")
    elif isinstance(a, float) and a != a:
        assert isinstance(b, float) and b != b, path
    else:
        assert a == b and type(a) is type(b), (path, a, b)


@pytest.fixture
def saved(project: Project, tmp_path: Path) -> Path:
    archive.save(project, tmp_path / "p.lsv", PNG)
    return tmp_path / "p.lsv"


def test_everything_comes_back_bit_for_bit(project: Project, saved: Path) -> None:
    assert_same(project, archive.load(saved))


def test_the_thumbnail_is_read_alone(saved: Path, project: Project, tmp_path: Path) -> None:
    assert archive.read_thumbnail(saved) == PNG
    archive.save(project, tmp_path / "plain.lsv")
    assert archive.read_thumbnail(tmp_path / "plain.lsv") == b""


def test_an_empty_project_comes_back(tmp_path: Path) -> None:
    archive.save(Project(), tmp_path / "empty.lsv")
    assert_same(Project(), archive.load(tmp_path / "empty.lsv"))


def test_the_layout_is_the_promised_one(saved: Path) -> None:
    with zipfile.ZipFile(saved) as zipped:
        first = zipped.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert saved.read_bytes()[38 : 38 + 30] == b"application/x-lsviewer-project"  # where `file` looks for it
        assert zipped.read("project.json").lstrip(b"{\n ").startswith(b'"format": 1')
        names = zipped.namelist()
        assert {"patterns/drawing.npy", "runs/r1/run.json", "runs/r1/section.npz", "runs/r1/params.safetensors"} <= set(
            names
        )
        assert "patterns/%2E..npy" in names and "patterns/a%2Fb%5Cc%3A%20%C3%BC..npy" in names
        record = json.loads(zipped.read("runs/r1/run.json"))
        assert {"spec", "seed", "device", "dtype", "versions", "report"} <= set(record)
        # numpy alone reads the arrays
        with np.load(BytesIO(zipped.read("runs/r1/section.npz")), allow_pickle=False) as section:
            assert section["values"].shape == (5, 4)


def test_the_same_project_gives_the_same_bytes(project: Project, saved: Path, tmp_path: Path) -> None:
    archive.save(project, tmp_path / "again.lsv", PNG)
    assert (tmp_path / "again.lsv").read_bytes() == saved.read_bytes()


def test_a_constant_pattern_does_not_pass_for_a_bomb(tmp_path: Path) -> None:
    project = Project().with_pattern("black", np.zeros((1024, 1024)))
    archive.save(project, tmp_path / "black.lsv")
    assert archive.load(tmp_path / "black.lsv").patterns["black"].shape == (1024, 1024)


def test_the_document_is_imported_without_torch_or_qt() -> None:
    code = (
        "import sys, lsviewer.project.archive, lsviewer.project.autosave, lsviewer.project.running;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'PySide6')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_large_run_is_saved_and_opened_within_a_second(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = rng.random((256, 256))
    axes = (Axis("a", np.linspace(0, 1, 256)), Axis("b", np.linspace(0, 1, 256)))
    params = {"0.weight": rng.normal(size=(400, 500)).astype(np.float32)}
    found = {
        "section": Section("section", axes, values, target=values),
        "checkpoint": Checkpoint("checkpoint", {}, params, (params, params)),
    }
    project = Project(runs=(Run("r1", "e1", Tiny(), "done", artifacts=found),))
    started = time.perf_counter()
    archive.save(project, tmp_path / "p.lsv")
    between = time.perf_counter()
    archive.load(tmp_path / "p.lsv")
    assert between - started < 1.0
    assert time.perf_counter() - between < 1.0


# -- what can be wrong with a file -----------------------------------------------------------------------------------


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None], *, rehash: bool = False) -> Path:
    """Write the archive anew with its members changed, and with hashes that agree again if asked."""
    with zipfile.ZipFile(path) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist()}
    change(members)
    if rehash:
        index = json.loads(members["project.json"])
        index["members"] = {
            name: {"bytes": len(data), "sha256": container.digest(data)}
            for name, data in members.items()
            if name not in ("mimetype", "project.json")
        }
        members["project.json"] = json.dumps(index).encode()
    with zipfile.ZipFile(path, "w") as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    return path


def edit_json(path: Path, member: str, change: Callable[[dict[str, Any]], object]) -> Path:
    def edit(members: dict[str, bytes]) -> None:
        value = json.loads(members[member])
        change(value)
        members[member] = json.dumps(value).encode()

    return rewrite(path, edit, rehash=member != "project.json")


def refusal(path: Path) -> str:
    """The one sentence a broken file is refused with."""
    with pytest.raises(ProjectError) as caught:
        archive.load(path)
    text = str(caught.value)
    assert text.startswith(str(path)) and "\n" not in text
    return text.removeprefix(str(path))


def put(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.update({name: data})


def npy_header(text: str) -> bytes:
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.lsv")
    assert "folder" in refusal(tmp_path)


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04 not quite"])
def test_not_a_zip(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "p.lsv").write_bytes(data)
    assert "not a project file" in refusal(tmp_path / "p.lsv")


def test_another_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.lsv", "w") as zipped:
        zipped.writestr("word/document.xml", "<w/>")
    assert "not an lsviewer project" in refusal(tmp_path / "p.lsv")


def test_every_truncation_is_refused(saved: Path) -> None:
    data = saved.read_bytes()
    for keep in np.linspace(0, len(data) - 1, 40).astype(int):
        saved.write_bytes(data[:keep])
        refusal(saved)


def test_a_flipped_bit_is_refused_or_harmless(saved: Path, project: Project) -> None:
    """Anywhere in the file, zip headers included; where it loads (a time stamp in a header), it loads the same."""
    data = saved.read_bytes()
    rng = np.random.default_rng(1)
    harmless = 0
    for place in rng.choice(len(data), 250, replace=False):
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(rng.integers(8))
        saved.write_bytes(flipped)
        try:
            loaded = archive.load(saved)
        except ProjectError:
            refusal(saved)
        else:
            assert_same(project, loaded)
            harmless += 1
    assert harmless < 125


def test_a_changed_member_with_a_right_checksum_of_the_zip_is_refused(saved: Path) -> None:
    rewrite(saved, put("patterns/drawing.npy", container.to_npy(np.zeros((3, 4), np.float32))))
    assert "member 'patterns/drawing.npy' does not match its SHA-256" in refusal(saved)


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/../../b", "..\\evil", "C:/x", "a//b", "runs/.hidden", "folder/"]
)
def test_a_member_that_points_outside_is_refused(saved: Path, name: str) -> None:
    assert "not allowed" in refusal(rewrite(saved, put(name, b"x")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_occurs_twice_is_refused(saved: Path) -> None:
    with zipfile.ZipFile(saved, "a") as zipped:
        zipped.writestr("project.json", b"{}")
    assert "'project.json' occurs twice" in refusal(saved)


def test_a_bomb_is_refused_unread(saved: Path) -> None:
    with zipfile.ZipFile(saved, "a", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("patterns/bomb.npy", bytes(50 * 1024**2))
    started = time.perf_counter()
    assert "more than 200 to 1" in refusal(saved)
    assert time.perf_counter() - started < 0.5


def test_a_member_that_is_larger_than_it_says_is_refused(saved: Path) -> None:
    """The directory promises 10 bytes of a member that unpacks to more."""
    with zipfile.ZipFile(saved) as zipped:
        info = zipped.getinfo("project.json")
        size = info.file_size.to_bytes(4, "little")
    data = saved.read_bytes()
    assert data.count(size) >= 1
    saved.write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    assert "'project.json' is damaged" in refusal(saved)


def test_too_many_members_and_too_large_ones(saved: Path, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_MEMBERS", 5)
    assert "members, at most 5" in refusal(saved)
    with pytest.raises(ProjectError, match="parts, at most 5"):
        archive.save(project, saved)
    monkeypatch.setattr(container, "MAX_MEMBERS", 2000)
    monkeypatch.setattr(container, "MAX_MEMBER", 100)
    assert "at most 100 are read" in refusal(saved)
    monkeypatch.setattr(container, "MAX_MEMBER", 10**9)
    monkeypatch.setattr(container, "MAX_TOTAL", 1000)
    assert "at most 1000 are read" in refusal(saved)


def test_a_newer_format_says_so(saved: Path) -> None:
    edit_json(saved, "project.json", lambda index: index.update(format=2))
    assert "field 'format' is 2, this version of lsviewer reads up to 1" in refusal(saved)


@pytest.mark.parametrize("value", [0, -1, "1", None, True])
def test_a_format_that_never_was(saved: Path, value: object) -> None:
    edit_json(saved, "project.json", lambda index: index.update(format=value))
    assert "field 'format' is" in refusal(saved)


def test_steps_of_migration_follow_each_other() -> None:
    def one(raw: migrations.Raw) -> migrations.Raw:
        return {**raw[0], "format": 2, "trace": "1"}, {"new": raw[1]["old"]}

    def two(raw: migrations.Raw) -> migrations.Raw:
        return {**raw[0], "format": 3, "trace": raw[0]["trace"] + "2"}, raw[1]

    index, members = migrations.migrate(({"format": 1}, {"old": b"x"}), "f", {1: one, 2: two}, newest=3)
    assert index == {"format": 3, "trace": "12"} and members == {"new": b"x"}


@pytest.mark.parametrize("member", ["project.json", "patterns/drawing.npy", "runs/r1/run.json", "runs/r1/section.npz"])
def test_a_missing_member_is_named(saved: Path, member: str) -> None:
    assert f"member '{member}' is missing" in refusal(rewrite(saved, lambda members: members.pop(member) and None))


def test_arrays_that_a_run_names_must_be_there(saved: Path) -> None:
    for member in ("runs/r1/section.npz", "runs/r1/params.safetensors"):
        rewrite(saved, lambda members, name=member: members.pop(name) and None, rehash=True)  # type: ignore[misc]
        assert "is missing" in refusal(saved)


def test_pickles_are_never_loaded(saved: Path, tmp_path: Path) -> None:
    buffer = BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    rewrite(saved, put("patterns/drawing.npy", buffer.getvalue()), rehash=True)
    assert "member 'patterns/drawing.npy': holds Python objects, which are never loaded" in refusal(saved)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"nonsense", "not an .npy array"),
        (npy_header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999, 99999999), }"), "does not fit"),
        (npy_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -4), }") + bytes(16), "does not fit"),
        (npy_header("{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }") + bytes(16), "array of numbers"),
        (npy_header("__import__('os').system('false')"), "not an .npy array"),
        (b"\x93NUMPY\x02\x00" + (2**31).to_bytes(4, "little") + b"{" * 100, "not an .npy array"),
        (container.to_npy(np.full((2, 2), 7.0, np.float32)), "outside [0, 1]"),
        (container.to_npy(np.full((2, 2), np.nan, np.float32)), "not finite"),
        (container.to_npy(np.zeros((2, 2, 2, 2), np.float32)), "one, two or three axes"),
    ],
)
def test_a_pattern_that_is_none(saved: Path, data: bytes, sentence: str) -> None:
    assert sentence in refusal(rewrite(saved, put("patterns/drawing.npy", data), rehash=True))


def test_an_npz_cannot_grow_when_read(saved: Path) -> None:
    buffer = BytesIO()
    np.savez_compressed(buffer, values=np.zeros((1000, 1000)))
    assert "stored .npy array" in refusal(rewrite(saved, put("runs/r1/section.npz", buffer.getvalue()), rehash=True))


def test_safetensors_that_are_none(saved: Path) -> None:
    assert "not a safetensors file" in refusal(
        rewrite(saved, put("runs/r1/params.safetensors", b"\xff" * 99), rehash=True)
    )


INDEX_FAULTS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda v: v.pop("title"), "field 'title' is missing"),
    (lambda v: v.update(title=3), "field 'title' is of type int, expected text"),
    (lambda v: v.update(entries={}), "field 'entries' is of type dict, expected list"),
    (lambda v: v["entries"][0].update(id="x"), "entries.0: id 'x' is not of the form e7"),
    (lambda v: v["entries"][1].update(id="e1"), "an id occurs twice"),
    (lambda v: v["entries"][0]["spec"].update(kind="astrology"), "no experiment 'astrology'"),
    (lambda v: v["entries"][0]["spec"].update(grid=1), "entries.0.spec: field 'grid' is 1"),
    (lambda v: v["entries"][0]["spec"].update(colour=1), "entries.0.spec: unknown field 'colour'"),
    (lambda v: v["runs"].append("../r1"), "id '../r1'"),
    (lambda v: v["runs"].append("r99"), "member 'runs/r99/run.json' is missing"),
    (lambda v: v["patterns"][0].update(member="patterns/none.npy"), "member 'patterns/none.npy' is missing"),
    (lambda v: v["patterns"].append(3), "an object with a field 'name' is expected"),
    (lambda v: v["members"].update({"runs/r1/run.json": {}}), "members.runs/r1/run.json: field 'sha256' is missing"),
]


@pytest.mark.parametrize(("change", "sentence"), INDEX_FAULTS)
def test_a_wrong_field_of_the_index_is_named(
    saved: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    assert sentence in refusal(edit_json(saved, "project.json", change))


def diagram(run: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = next(found for found in run["artifacts"] if found["kind"] == "diagram")["fields"]
    return fields


RUN_FAULTS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda v: v.update(outcome="great"), "outcome is 'great', expected one of 'done', 'failed', 'cancelled'"),
    (lambda v: v.update(seconds="fast"), "seconds is 'fast', expected int or float"),
    (lambda v: v["report"]["claims"][0].update(verdict="perhaps"), "report.claims.0.verdict is 'perhaps'"),
    (lambda v: v["report"]["claims"][0].pop("statement"), "report.claims.0: missing 1 required field: 'statement'"),
    (lambda v: v["report"].update(extra=1), "report: unknown field 'extra'"),
    (lambda v: v["artifacts"][0].update(kind="hologram"), "artifacts.0: field 'kind' is 'hologram'"),
    (
        lambda v: v["artifacts"][0]["fields"].update(values={"array": "none"}),
        "artifacts.0.values: its array 'none' is missing",
    ),
    (lambda v: v["artifacts"][0]["fields"]["axes"].pop(), "values has shape (5, 4), the axes say (5,)"),
    (lambda v: v["artifacts"][0]["fields"].update(offset="x"), "artifacts.0.offset is 'x'"),
    (lambda v: v["artifacts"][0]["fields"]["marks"][0].update(kind="summit"), "marks.0.kind is 'summit'"),
    (lambda v: v["versions"].update(torch=2), "versions.torch is 2, expected text"),
    (lambda v: diagram(v)["links"][0].update(target=9), "a link from 0 to 9, there are 2 blocks"),
    (lambda v: diagram(v)["blocks"][1].update(layer=5), "block 'p': layer 5"),
    (lambda v: diagram(v)["blocks"][0].update(roles=["king"]), "blocks.0.roles.0 is 'king', expected one of 'task'"),
    (lambda v: diagram(v)["sample_words"].pop(), "samples have shape (2, 4), 1 are described"),
]


@pytest.mark.parametrize(("change", "sentence"), RUN_FAULTS)
def test_a_wrong_field_of_a_run_is_named(
    saved: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    text = refusal(edit_json(saved, "runs/r1/run.json", change))
    assert "runs/r1/run.json" in text and sentence in text


@pytest.mark.parametrize("data", [b"[1]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_json_that_is_none(saved: Path, data: bytes) -> None:
    assert "member 'project.json' is not" in refusal(rewrite(saved, put("project.json", data)))


def test_members_of_others_are_left_out(saved: Path, project: Project) -> None:
    rewrite(saved, put("extra/readme.txt", b"hello"))
    assert_same(project, archive.load(saved))


def test_an_experiment_of_another_version_is_named(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "EXPERIMENTS", ())
    assert "this version of lsviewer has no experiment 'tiny'" in refusal(saved)


# -- what can go wrong while saving ----------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProjectError, match=r"p.lsv: could not be written: no space left on device$"):
        archive.save(Project("other"), saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["p.lsv"]


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
def test_a_file_the_system_cuts_off_leaves_the_old_one(saved: Path) -> None:
    """A real refusal by the kernel in the middle of writing: files may not grow beyond 20 kB."""
    before = saved.read_bytes()
    code = f"""
import resource, signal, sys
import numpy as np
from lsviewer.project import archive
from lsviewer.project.document import Project, ProjectError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
noise = np.random.default_rng(0).random((300, 300))
try:
    archive.save(Project().with_pattern("noise", noise), {str(saved)!r})
except ProjectError as error:
    print(error)
    sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (7, "")
    assert "could not be written: file too large" in done.stdout
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["p.lsv"]


def test_a_folder_that_is_not_there_or_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProjectError, match="could not be written: no such file or directory"):
        archive.save(Project(), tmp_path / "none" / "p.lsv")
    with pytest.raises(ProjectError, match="is a folder"):
        archive.save(Project(), tmp_path)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):  # root may write anywhere: let the call itself refuse
        real = os.open

        def refuse(path: Any, *rest: Any, **options: Any) -> int:
            if str(path).endswith(".tmp"):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *rest, **options)

        monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ProjectError, match="p.lsv: could not be written: permission denied$"):
        archive.save(Project(), locked / "p.lsv")


def test_something_that_cannot_be_saved_is_named(saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(ProjectError, match=r"view.camera: a object cannot be saved"):
        archive.save(Project(view={"camera": object()}), saved)
    assert saved.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="modes and symbolic links are POSIX")
def test_a_link_and_the_mode_of_a_file_stay(saved: Path, tmp_path: Path) -> None:
    saved.chmod(0o640)
    (tmp_path / "link.lsv").symlink_to(saved)
    archive.save(Project("new"), tmp_path / "link.lsv")
    assert (tmp_path / "link.lsv").is_symlink()
    assert archive.load(saved).title == "new"
    assert saved.stat().st_mode & 0o777 == 0o640


def test_run_patterns_keep_their_precision(tmp_path: Path) -> None:
    pattern = freeze(np.linspace(0, 1, 7))
    archive.save(Project(runs=(Run("r1", "", Tiny(), "done", pattern=pattern),)), tmp_path / "p.lsv")
    assert_same(pattern, archive.load(tmp_path / "p.lsv").runs[0].pattern)
