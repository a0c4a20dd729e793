"""Public data sets fetched once: known hash, three retries, kept in the data folder (`core.files.data_folder`).

``LSVIEWER_MIRROR`` names a server that holds ``NAME/FILE`` for every data set below, instead of the public ones.
"""

import os
import shutil
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

from lsviewer.core.files import data_folder
from lsviewer.core.jobs import Progress, Step, finish, within
from lsviewer.core.spec import SpecError

RETRIES = 3
TIMEOUT_S = 30.0  # to connect, and between two packets
WAIT_S = 1.0  # before the second attempt, twice that before the third
PIECE = 1 << 16  # bytes between two looks at whether somebody has had enough


@dataclass(frozen=True, slots=True)
class Source:
    """Where a data set is published: a folder on a server and its files with their hashes."""

    name: str
    base_url: str
    files: dict[str, str]  # file name -> "sha256:..." or "md5:..."

    def folder(self) -> Path:
        """Return where its files are kept."""
        return data_folder() / self.name

    def is_cached(self) -> bool:
        """Return whether all files are there already (not whether they are whole: `fetch` checks that)."""
        return all((self.folder() / file).is_file() for file in self.files)


MNIST = Source(
    "mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    {
        "train-images-idx3-ubyte.gz": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
)
FASHION_MNIST = Source(
    "fashion_mnist",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",  # this bucket answers on http alone
    {
        "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    },
)
CIFAR10 = Source(
    "cifar10",
    "https://www.cs.toronto.edu/~kriz/",
    {"cifar-10-binary.tar.gz": "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
)


def fetch(source: Source) -> dict[str, Path]:
    """Return the local files of a data set by name, downloading what is missing; raises `SpecError` when that fails."""
    return finish(fetching(source))[0]


def fetching(source: Source) -> Step[dict[str, Path]]:
    """Fetch what is missing, telling how far it is; closing the step ends the connection and leaves nothing half there."""
    import pooch  # brings requests; only downloads need them
    import requests

    mirror = os.environ.get("LSVIEWER_MIRROR")
    base = f"{mirror.rstrip('/')}/{source.name}/" if mirror else source.base_url
    found = {}
    for index, (file, known) in enumerate(source.files.items()):
        target, url = source.folder() / file, base + file
        part = (index / len(source.files), (index + 1) / len(source.files))
        try:
            for attempt in range(1 + RETRIES):
                if target.is_file() and pooch.hashes.hash_matches(target, known):
                    break
                try:
                    yield from within(_streamed(url, target, known), *part)
                except (requests.exceptions.RequestException, ValueError):
                    if attempt == RETRIES:
                        raise
                    yield from _rest(min(attempt + 1, 10) * WAIT_S, Progress(part[0], f"asking again for {file}"))
        except requests.exceptions.RequestException as error:
            raise SpecError(
                f"data set '{source.name}' cannot be downloaded from {url} ({_reason(error)}); "
                "try again later or name a local folder in field 'dataset.folder'"
            ) from error
        except ValueError as error:
            raise SpecError(
                f"data set '{source.name}': {url} is not the file expected (its hash differs), it was not kept"
            ) from error
        except OSError as error:
            raise SpecError(
                f"data set '{source.name}' cannot be kept in {source.folder()} ({error.strerror})"
            ) from error
        found[file] = target
    return found


def _streamed(url: str, target: Path, known: str) -> Step[None]:
    """Write what ``url`` answers to ``target``, whole or not at all; raises ValueError where its hash is not ``known``."""
    import pooch
    import requests

    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(target.suffix + ".part")
    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_S) as answer, partial.open("wb") as out:
            answer.raise_for_status()
            size = int(answer.headers.get("Content-Length", 0))
            done = 0
            for piece in answer.iter_content(PIECE):
                out.write(piece)
                done += len(piece)
                of = f" of {size / 1e6:.1f}" if size else ""
                yield Progress(
                    min(1.0, done / size) if size else 0.0, f"downloading {target.name}, {done / 1e6:.1f}{of} MB"
                )
        if not pooch.hashes.hash_matches(partial, known):
            raise ValueError(f"{url} has another hash than {known}")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _rest(seconds: float, progress: Progress) -> Step[None]:
    """Wait, able to be closed: it comes up for air every tenth of a second."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        yield progress
        time.sleep(min(0.1, left))


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    return "no answer in time" if "timed out" in str(error).lower() else "no connection"


def unpack(archive: Path, members: tuple[str, ...], size: int) -> list[Path]:
    """Return files of a tar, unpacked beside it once under their last names; each must have exactly ``size`` bytes."""
    targets = [archive.parent / member.rsplit("/", 1)[-1] for member in members]
    if all(target.is_file() and target.stat().st_size == size for target in targets):
        return targets
    wanted = dict(zip(members, targets, strict=True))
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for entry in tar:  # one pass: a gzip stream cannot be searched
                if (target := wanted.get(entry.name)) is None:
                    continue
                stream = tar.extractfile(entry)
                if stream is None or entry.size != size:
                    raise SpecError(f"file {archive.name!r}: {entry.name} has {entry.size} bytes, {size} are expected")
                partial = target.with_suffix(".part")
                with partial.open("wb") as out:
                    shutil.copyfileobj(stream, out)
                os.replace(partial, target)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise SpecError(f"file {archive.name!r} cannot be unpacked") from error
    for member, target in wanted.items():
        if not target.is_file():
            raise SpecError(f"file {archive.name!r} has no member {member}")
    return targets
