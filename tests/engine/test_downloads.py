"""Downloads against a server on this machine: retry, wrong content, no server, and what is kept."""

import gzip
import hashlib
import io
import socket
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from lsviewer.core.files import Files, data_folder
from lsviewer.core.jobs import Progress, finish
from lsviewer.core.spec import SpecError
from lsviewer.engine import downloads
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Cifar10, FashionMnist, Mnist
from lsviewer.engine.provisions import job_of, missing
from lsviewer.experiments.patterns.theorem1 import Theorem1


class Server:
    """Files by path; ``refusals`` of the next answers are 503; ``requests`` are the paths asked for."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.refusals = 0
        self.requests: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(self.path)
                if server.refusals > 0:
                    server.refusals -= 1
                    self.send_error(503)
                elif self.path in server.content:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(server.content[self.path])))
                    self.end_headers()
                    self.wfile.write(server.content[self.path])
                else:
                    self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    running = Server()
    monkeypatch.setenv("LSVIEWER_MIRROR", running.url + "/")
    monkeypatch.setenv("LSVIEWER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloads, "WAIT_S", 0.0)
    yield running
    running.close()


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes(), mtime=0)


def published(server: Server, monkeypatch: pytest.MonkeyPatch) -> downloads.Source:
    """Put a small MNIST on the server and its hashes in the place of the real ones."""
    files = {}
    for stem, count in (("train", 12), ("t10k", 5)):
        files[f"{stem}-images-idx3-ubyte.gz"] = idx(np.full((count, 2, 2), 51))
        files[f"{stem}-labels-idx1-ubyte.gz"] = idx(np.arange(count) % 3)
    server.content = {f"/mnist/{name}": content for name, content in files.items()}
    hashes = {name: "sha256:" + hashlib.sha256(content).hexdigest() for name, content in files.items()}
    source = downloads.Source("mnist", "http://nowhere.invalid/", hashes)
    monkeypatch.setattr(Mnist, "source", source)
    return source


def complaint(dataset: Mnist | Cifar10, folder: Path) -> str:
    with pytest.raises(SpecError) as caught:
        dataset.load(Files(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_busy_server_is_asked_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    published(server, monkeypatch)
    server.refusals = 3
    data = Mnist().load(Files())
    assert len(data) == 12
    assert float(data.x.mean()) == pytest.approx(0.2)
    assert len(server.requests) == 4 + 3


def test_what_is_there_is_not_fetched_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    source = published(server, monkeypatch)
    assert not source.is_cached()
    first = Mnist().load(Files())
    assert source.is_cached()
    server.requests.clear()
    assert Mnist().load(Files()).sha256 == first.sha256
    assert server.requests == []
    assert {path.name for path in (data_folder() / "mnist").iterdir()} == set(source.files)


def test_a_damaged_copy_is_fetched_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    published(server, monkeypatch)
    first = Mnist().load(Files())
    (data_folder() / "mnist" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    server.requests.clear()
    assert Mnist().load(Files()).sha256 == first.sha256
    assert server.requests == ["/mnist/t10k-labels-idx1-ubyte.gz"]


@pytest.mark.filterwarnings("ignore:Hash of downloaded file")
def test_a_file_of_another_content_is_not_kept(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    published(server, monkeypatch)
    server.content["/mnist/train-images-idx3-ubyte.gz"] = b"something else"
    said = complaint(Mnist(), tmp_path)
    url = f"{server.url}/mnist/train-images-idx3-ubyte.gz"
    assert said == f"data set 'mnist': {url} is not the file expected (its hash differs), it was not kept"
    assert len(server.requests) == 1 + downloads.RETRIES
    assert not list((data_folder() / "mnist").iterdir())


def test_a_file_the_server_does_not_have(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    published(server, monkeypatch)
    server.content.clear()
    said = complaint(Mnist(), tmp_path)
    assert said.startswith("data set 'mnist' cannot be downloaded from http://127.0.0.1:")
    assert "(the server answered 404)" in said
    assert "name a local folder in field 'dataset.folder'" in said


def test_no_server_at_all(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("LSVIEWER_MIRROR", f"http://127.0.0.1:{port}")
    assert "(no connection)" in complaint(Mnist(), tmp_path)


def test_a_server_that_never_answers(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(downloads, "TIMEOUT_S", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        monkeypatch.setenv("LSVIEWER_MIRROR", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert "(no answer in time)" in complaint(Mnist(), tmp_path)


def test_a_data_folder_that_cannot_be_written(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    published(server, monkeypatch)
    (tmp_path / "data").write_bytes(b"a file where the folder should be")
    assert complaint(Mnist(), tmp_path).startswith("data set 'mnist' cannot be kept in ")


def test_a_download_tells_how_far_it_is_and_ends_when_it_is_closed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = published(server, monkeypatch)
    monkeypatch.setattr(downloads, "PIECE", 4)
    step = downloads.fetching(source)
    told = [next(step) for _ in range(3)]
    assert all(isinstance(event, Progress) and event.text.startswith("downloading train-images") for event in told)
    assert 0 < told[0].fraction < told[1].fraction < told[2].fraction < 0.25  # a quarter for each of four files
    step.close()
    assert not list((data_folder() / "mnist").iterdir())  # nothing half there
    events: list[float] = []
    paths, _ = finish(downloads.fetching(source), lambda event: events.append(event.fraction))
    assert events == sorted(events) and events[-1] == 1.0
    assert {path.name: path.read_bytes() for path in paths.values()} == {
        name.removeprefix("/mnist/"): content for name, content in server.content.items()
    }


def test_a_run_fetches_what_it_needs_first_and_cancel_ends_the_download(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(server, monkeypatch)
    experiment = Theorem1(dataset=Mnist())
    context = open_context(experiment, Files())
    (needed,) = missing(experiment)
    assert needed.kind == "mnist"
    job = job_of(experiment, context)
    first = next(job)
    assert isinstance(first, Progress) and "downloading" in first.text
    job.close()
    assert missing(experiment)  # still
    finish(needed.fetching())
    assert not missing(experiment) and not missing(Theorem1(dataset=Mnist(folder="/data")))


def test_real_sources_name_a_hash_for_every_file() -> None:
    for kind in (Mnist, FashionMnist, Cifar10):
        assert kind.source is not None
        assert kind.source.name == kind.model_fields["kind"].default
        for value in kind.source.files.values():
            algorithm, digest = value.split(":")
            assert len(digest) == {"sha256": 64, "md5": 32}[algorithm]


# --- the CIFAR-10 archive ------------------------------------------------------------------------------------------------


def tar(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def test_members_are_unpacked_once_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(
        tar({"in/one": b"1111", "../evil": b"2222", "in/two": b"3333", "in/more": b"4"})
    )
    found = downloads.unpack(tmp_path / "a.tar.gz", ("in/two", "in/one"), 4)
    assert [path.read_bytes() for path in found] == [b"3333", b"1111"]
    assert {path.name for path in tmp_path.iterdir()} == {"a.tar.gz", "one", "two"}
    (tmp_path / "a.tar.gz").write_bytes(b"no longer needed")
    assert downloads.unpack(tmp_path / "a.tar.gz", ("in/two", "in/one"), 4) == found


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not an archive", "file 'a.tar.gz' cannot be unpacked"),
        (tar({"in/one": b"11111"}), "file 'a.tar.gz': in/one has 5 bytes, 4 are expected"),
        (tar({"other": b"1111"}), "file 'a.tar.gz' has no member in/one"),
        (tar({"in/one": b"1111"})[:60], "file 'a.tar.gz' cannot be unpacked"),
    ],
    ids=[
        "no archive",
        "too large",
        "member missing",
        "cut short",
    ],  # gzip writes the time: bytes would make other ids each run
)
def test_a_bad_archive_is_one_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(SpecError) as caught:
        downloads.unpack(tmp_path / "a.tar.gz", ("in/one",), 4)
    assert str(caught.value) == why


@pytest.mark.slow
def test_cifar_is_downloaded_and_unpacked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]
    record = bytes([0]) + bytes(3072) + bytes([1]) + bytes(3072)
    archive = tar({f"cifar-10-batches-bin/{name}.bin": record * 5000 for name in names})
    server.content = {"/cifar10/cifar-10-binary.tar.gz": archive}
    hashes = {"cifar-10-binary.tar.gz": "sha256:" + hashlib.sha256(archive).hexdigest()}
    monkeypatch.setattr(Cifar10, "source", downloads.Source("cifar10", "http://nowhere.invalid/", hashes))
    raw = Cifar10().read(Files())
    assert raw.x.shape == (50000, 3, 32, 32)
    assert raw.x_test is not None and raw.x_test.shape == (10000, 3, 32, 32)
