"""Side files: what a crash leaves is found again, and nothing else is ever touched."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lsviewer.project import archive
from lsviewer.project.autosave import Autosave, autosave_path, find_recoverable
from lsviewer.project.document import Project, ProjectError

CRASH = """
import os, sys, time
from pathlib import Path
import numpy as np
from lsviewer.project import container
from lsviewer.project.autosave import Autosave
from lsviewer.project.document import Project

path = Path(sys.argv[1]) if sys.argv[1] else None
autosave = Autosave(Path(sys.argv[2]))
autosave.save(Project("first").with_pattern("drawing", np.eye(50)), path)
real = container.write

def slow(file, members):
    file.write(b"half a zip")
    file.flush()
    print("writing", flush=True)
    time.sleep(60)

container.write = slow
autosave.save(Project("second"), path)
"""


def crash(path: Path | None, folder: Path) -> None:
    """Autosave once, then be killed in the middle of autosaving again."""
    child = subprocess.Popen(
        [sys.executable, "-c", CRASH, str(path or ""), str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "writing\n"
        assert find_recoverable(folder) == []  # it still runs
        child.kill()
        child.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("named", [True, False])
def test_a_kill_in_the_middle_of_saving_leaves_the_last_whole_one(tmp_path: Path, named: bool) -> None:
    path = tmp_path / "mine.lsv" if named else None
    if path is not None:
        archive.save(Project("on disk"), path)
    crash(path, tmp_path / "state")
    [found] = find_recoverable(tmp_path / "state")
    assert (found.title, found.path) == ("first", path)
    project = found.load()
    assert project.title == "first"
    np.testing.assert_array_equal(project.patterns["drawing"], np.eye(50, dtype=np.float32))
    if path is not None:
        assert archive.load(path).title == "on disk"
    assert not list(tmp_path.rglob("*.tmp"))  # the half one is swept away
    found.discard()
    assert find_recoverable(tmp_path / "state") == []
    assert [item for item in tmp_path.rglob("*") if item.is_file()] == ([path] if path else [])


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_kill_in_the_middle_of_saving_the_users_file_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.lsv"
    archive.save(Project("old"), path)
    code = CRASH.replace(
        'autosave.save(Project("second"), path)', "from lsviewer.project import archive; archive.save(Project(), path)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(tmp_path / "state")], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "writing\n"
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert archive.load(path).title == "old"


def test_work_of_a_running_sitting_is_not_offered(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path)
    assert autosave.save(Project("mine"), None) is not None
    assert find_recoverable(tmp_path) == []


def test_a_process_id_given_out_again_is_not_taken_for_the_old_sitting(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path)
    autosave.save(Project("mine"), None)
    [lock] = tmp_path.glob("*.lock")
    lock.write_text(
        lock.read_text().replace('"started": ', '"started": 1')
    )  # as if that process had started at another time
    [found] = find_recoverable(tmp_path)
    assert found.title == "mine"


def test_the_same_project_is_written_once(tmp_path: Path) -> None:
    autosave, project = Autosave(tmp_path), Project("mine")
    side = autosave.save(project, None)
    assert side is not None
    before = side.stat().st_mtime_ns
    assert autosave.save(project, None) is None
    assert side.stat().st_mtime_ns == before
    assert autosave.save(Project("changed"), None) == side


def test_clear_leaves_nothing(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path / "state")
    autosave.save(Project("a"), tmp_path / "p.lsv")
    autosave.clear()
    autosave.clear()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_side_file_moves_with_the_project(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path / "state")
    first = autosave.save(Project("a"), None)
    second = autosave.save(Project("a"), tmp_path / "p.lsv")
    assert first is not None and second is not None
    assert not first.exists() and second.parent == tmp_path and second.name.startswith(".p.lsv.")


def test_work_that_was_saved_before_the_crash_is_not_offered(tmp_path: Path) -> None:
    path = tmp_path / "mine.lsv"
    crash(path, tmp_path / "state")
    archive.save(Project("saved"), path)
    later = time.time() + 5
    os.utime(path, (later, later))
    assert find_recoverable(tmp_path / "state") == []
    assert not list(tmp_path.rglob("*.autosave"))


def test_a_damaged_side_file_is_left_and_not_offered(tmp_path: Path) -> None:
    crash(None, tmp_path)
    [side] = tmp_path.glob("*.autosave")
    side.write_bytes(side.read_bytes()[:50])
    assert find_recoverable(tmp_path) == []
    assert side.exists()


def test_foreign_files_in_the_state_folder_are_left(tmp_path: Path) -> None:
    (tmp_path / "x.lock").write_text("hello")
    (tmp_path / "y.lock").write_text("[]")
    assert find_recoverable(tmp_path) == find_recoverable(tmp_path / "none") == []
    assert (tmp_path / "x.lock").exists()


def test_a_state_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ProjectError, match="could not be made"):
        Autosave(tmp_path / "state").save(Project(), None)


def test_side_files_never_have_the_users_name() -> None:
    assert autosave_path(Path("/a/b.lsv")).parent == Path("/a")
    assert autosave_path(Path("/a/b.lsv")) != Path("/a/b.lsv")
