"""Files: relative to the recipe, and one sentence when there is nothing."""

from pathlib import Path

import pytest

from lsviewer.core.files import Files, data_folder
from lsviewer.core.spec import SpecError


def test_a_relative_path_starts_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.png").write_bytes(b"")
    files = Files(tmp_path)
    assert files.resolve("sub/a.png", "pattern.path") == (tmp_path / "sub" / "a.png").resolve()
    assert files.resolve(str(tmp_path / "sub" / "a.png"), "pattern.path").is_file()
    assert files.resolve_folder("sub", "dataset.folder").is_dir()


@pytest.mark.parametrize("path", ["none.png", "sub", "", "a\0b", "x" * 5000, "~nobody-of-this-name/a.png"])
def test_what_is_no_file_is_one_sentence(tmp_path: Path, path: str) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(SpecError) as caught:
        Files(tmp_path).resolve(path, "pattern.path")
    assert str(caught.value) == f"field 'pattern.path': no file {path!r} in {tmp_path}"


def test_what_is_no_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"field 'dataset.folder': no folder 'none' in"):
        Files(tmp_path).resolve_folder("none", "dataset.folder")


def test_the_data_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LSVIEWER_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.delenv("LSVIEWER_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert data_folder() == tmp_path / "cache" / "lsviewer"
