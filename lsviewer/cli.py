"""The command line: run, list, describe, bundle, figure, datasets. No Qt, no display.

Results go to stdout, progress and complaints to stderr. Status 0: finished; 1: a claim fails; 2: bad input or a run that could
not finish, one line on stderr; 130: interrupted. What is written appears whole or not at all.
"""

import argparse
import dataclasses
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from lsviewer.core.artifacts import Artifact, Checkpoint, Section
from lsviewer.core.claims import Verdict
from lsviewer.core.experiment import kind_of
from lsviewer.core.files import Files
from lsviewer.core.jobs import Progress, finish
from lsviewer.core.spec import SpecError
from lsviewer.project import archive, bundle, recipes, reference, running, serialize
from lsviewer.project.atomic import filling
from lsviewer.project.document import Entry, Project, ProjectError, Run

TRACEBACK = "LSVIEWER_TRACEBACK"  # set to 1 to see where an error comes from


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show θ is no reason to fail
    try:
        options = _parser().parse_args(argv)
        return int(options.command(options))
    except SystemExit as wanted:  # --help
        return int(wanted.code or 0)
    except KeyboardInterrupt:
        return _complain("interrupted; nothing was written", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has seen enough
        return 0
    except Exception as error:  # the one place where every failure becomes a sentence
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        return _complain(running.describe_failure(error), 2)


def _complain(sentence: str, status: int) -> int:
    print(f"lsviewer: {sentence}", file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SpecError(f"{message} ({self.prog} --help says more)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="lsviewer", description="The loss surfaces of neural networks, without a window.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    run = commands.add_parser("run", help="run one experiment", description="Run the experiment of a recipe.")
    run.add_argument("recipe", type=Path, metavar="RECIPE.json")
    run.add_argument("--set", action="append", default=[], metavar="a.b=VALUE", help="set a field: JSON, or else text")
    run.add_argument("--out", type=Path, metavar="DIR", help="write project.lsv and figures there")
    run.add_argument("--json", action="store_true", help="print one JSON object")
    run.set_defaults(command=_run)

    listing = commands.add_parser("list", help="the experiments, by paper")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=_list)

    describe = commands.add_parser("describe", help="one experiment: statement, source, every field")
    describe.add_argument("kind", metavar="KIND")
    describe.add_argument("--json", action="store_true")
    describe.set_defaults(command=_describe)

    bundled = commands.add_parser("bundle", help="export a run that can be verified without lsviewer")
    bundled.add_argument("project", type=Path, metavar="FILE.lsv")
    bundled.add_argument("--out", type=Path, required=True, metavar="DIR", help="must not exist or be empty")
    bundled.add_argument("--run", metavar="ID", help="r7 or 7; the newest by default")
    bundled.set_defaults(command=_bundle)

    figure = commands.add_parser("figure", help="write a figure or its data", description=_FIGURE)
    figure.add_argument("project", type=Path, metavar="FILE.lsv")
    figure.add_argument("artifact", metavar="ARTIFACT", help="section, or r7/section for a certain run")
    figure.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    figure.add_argument("--view", choices=("plain", "surface", "error"), default="plain", help="of a section")
    figure.add_argument(
        "--at", default="", metavar="A,B", help="where on the section the values of a network are taken"
    )
    figure.add_argument("--size", default="", metavar="WxH", help="in inches, as in 6x4")
    figure.add_argument("--dpi", type=int, default=200)
    figure.add_argument("--theme", choices=("light", "dark"), default="light")
    figure.set_defaults(command=_figure)

    datasets = commands.add_parser("datasets", help="what is built in, what can be downloaded")
    datasets.add_argument("--json", action="store_true")
    datasets.set_defaults(command=_datasets)
    return parser


_FIGURE = (
    "Write an artifact by the ending of FILE: .png, .svg, .pdf, .csv, .npz, .vtk; a checkpoint as .safetensors or .pt."
)


# -- run -----------------------------------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    experiment = recipes.read(options.recipe, options.set)
    if options.out is not None:
        _check_out(options.out)
    from lsviewer.engine.context import open_context, use_threads
    from lsviewer.engine.provisions import job_of

    folder = options.recipe.resolve().parent
    files = Files(folder)
    use_threads()
    progress = _Progress()
    started = time.perf_counter()
    try:
        context = open_context(experiment, files)
        report, artifacts = finish(job_of(experiment, context), lambda event: progress.show(event))
        seconds = time.perf_counter() - started
    finally:
        progress.end()
    run = running.finished(
        "r1", "e1", experiment, report=report, artifacts=artifacts, pattern=running.pattern_of(experiment, files),
        seconds=seconds, device=str(context.device),
    )  # fmt: skip
    written = _write_out(run, options.recipe.stem, folder, options.out) if options.out is not None else []
    if options.json:
        print(json.dumps(_as_json(run), ensure_ascii=False, allow_nan=False, indent=1))
    else:
        print(_as_text(run))
        for path in written:
            print(f"wrote {path}")
    return 1 if any(claim.verdict is Verdict.FAILS for claim in report.claims) else 0


def _check_out(out: Path) -> None:
    """Refuse before the run what could not be written after it."""
    there = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise ProjectError(f"{out}: {there} is a file, a folder is expected")
    if not os.access(there, os.W_OK):
        raise ProjectError(f"{out}: nothing may be written to {there}")


class _Progress:
    """Progress on stderr: one line that rewrites itself on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._every_s = 0.1 if self._live else 5.0
        self._told_at = time.monotonic() - (self._every_s if self._live else 0.0)
        self._width = 0

    def show(self, event: Progress | Artifact) -> None:
        """Say how far the job is, unless it was said just now."""
        now = time.monotonic()
        if not isinstance(event, Progress) or now - self._told_at < self._every_s:
            return
        self._told_at = now
        line = f"{event.fraction:4.0%}  {event.text}"[:100]
        if self._live:
            print("\r" + line.ljust(self._width), end="", file=sys.stderr, flush=True)
            self._width = len(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Clear the line."""
        if self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def _write_out(run: Run, name: str, folder: Path, out: Path) -> list[Path]:
    """Write ``project.lsv`` and the figures of ``run``; returns their paths."""
    from lsviewer import figures

    experiment = recipes.rebased(run.experiment, folder, out)
    run = dataclasses.replace(run, experiment=experiment)
    with filling(out) as place:
        thumbnail = b""
        for artifact in run.artifacts.values():
            if isinstance(artifact, Checkpoint):
                continue
            stem = serialize.file_name(artifact.name)
            figures.write(artifact, place / f"{stem}.png", among=run.artifacts)
            if isinstance(artifact, Section) and len(artifact.axes) == 2:
                figures.write(artifact, place / f"{stem}_surface.png", view="surface")
                thumbnail = thumbnail or figures.thumbnail(artifact)
        project = Project(name, entries=(Entry("e1", name, experiment),), runs=(run,))
        archive.save(project, place / "project.lsv", thumbnail)
        names = sorted(path.name for path in place.iterdir())
    return [out / name for name in names]


def _as_json(run: Run) -> dict[str, Any]:
    """Return what ``run --json`` promises; a number that is not finite is null."""
    claims = [
        {
            "statement": claim.statement, "expected": claim.expected, "measured": claim.measured,
            "tolerance": claim.tolerance, "verdict": claim.verdict.value, "reason": claim.reason, "unit": claim.unit,
            "evidence": dict(claim.evidence),
        }
        for claim in run.report.claims
    ]  # fmt: skip
    artifacts = [
        {"name": name, "kind": serialize.kind_of(artifact), "shape": serialize.shape_of(artifact)}
        for name, artifact in run.artifacts.items()
    ]
    value: dict[str, Any] = bundle.strict(
        {
            "experiment": _kind(run), "seed": run.experiment.seed, "device": run.device, "dtype": run.experiment.dtype,
            "seconds": run.seconds, "numbers": dict(run.report.numbers), "claims": claims, "artifacts": artifacts,
            "means": run.report.means, "does_not_mean": run.report.does_not_mean, "versions": dict(run.versions),
        }
    )  # fmt: skip
    return value


def _as_text(run: Run) -> str:
    head = f"{_kind(run)}, seed {run.experiment.seed}, {run.device} {run.experiment.dtype}, {run.seconds:.2f} s"
    lines = [head, ""]
    for claim in run.report.claims:
        lines.append(f"{claim.verdict.words:<15} {claim.statement}")
        measured = "" if claim.measured is None else f"measured {claim.measured:.6g} {claim.unit}".rstrip() + ", "
        lines.append(f"{'':<15} {measured}expected {claim.expected}")
        if claim.reason:
            lines.append(f"{'':<15} {claim.reason}")
    if run.report.numbers:
        width = max(map(len, run.report.numbers))
        lines += [
            "",
            "numbers",
            *(f"  {name:<{width}}  {_number(value)}" for name, value in run.report.numbers.items()),
        ]
    lines += ["", "artifacts"]
    for name, artifact in run.artifacts.items():
        shape = " x ".join(map(str, serialize.shape_of(artifact)))
        lines.append(f"  {name}  {serialize.kind_of(artifact)}, {shape}")
    for title, text in (("it means", run.report.means), ("it does not mean", run.report.does_not_mean)):
        if text:
            lines += ["", f"{title}: {text}"]
    return "\n".join(lines)


def _number(value: object) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _kind(run: Run) -> str:
    return str(getattr(run.experiment, "kind", ""))


# -- what there is -------------------------------------------------------------------------------------------------


def _list(options: argparse.Namespace) -> int:
    from lsviewer.experiments import EXPERIMENTS

    if options.json:
        keys = ("kind", "title", "paper", "place")
        print(
            json.dumps(
                [{key: reference.as_json(e)[key] for key in keys} for e in EXPERIMENTS], ensure_ascii=False, indent=1
            )
        )
        return 0
    for paper in dict.fromkeys(experiment.paper for experiment in EXPERIMENTS):
        print(paper)
        for experiment in EXPERIMENTS:
            if experiment.paper == paper:
                print(f"  {kind_of(experiment):<22} {experiment.title}: {reference.first_sentence(experiment)}")
    return 0


def _describe(options: argparse.Namespace) -> int:
    from lsviewer.experiments import find

    experiment = find(options.kind)
    text = json.dumps(reference.as_json(experiment), ensure_ascii=False, indent=1) if options.json else None
    print(text or reference.describe(experiment))
    return 0


def _datasets(options: argparse.Namespace) -> int:
    from lsviewer.engine.datasets import DATASETS

    rows = []
    for dataset in DATASETS:
        source = getattr(dataset, "source", None)
        rows.append(
            {
                "kind": dataset.model_fields["kind"].default,
                "origin": dataset.origin,
                "about": (dataset.__doc__ or "").strip(),
                "folder": None if source is None else str(source.folder()),
                "cached": None if source is None else source.is_cached(),
            }
        )
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    for row in rows:
        print(f"{row['kind']:<14} {row['origin']:<10} {row['about']}")
        if row["folder"] is not None:
            print(f"{'':<25} {'cached in' if row['cached'] else 'not downloaded yet, goes to'} {row['folder']}")
    return 0


# -- what a project holds ------------------------------------------------------------------------------------------


def _bundle(options: argparse.Namespace) -> int:
    project = archive.load(options.project)
    run = _chosen_run(project, options.run, options.project)
    bundle.write(run, options.out, Files(options.project.resolve().parent, project.patterns))
    print(f"wrote {options.out}, run {run.id}; check it with: python {options.out / 'verify.py'}")
    return 0


def _chosen_run(project: Project, wanted: str | None, path: Path) -> Run:
    """Return the run asked for, or the newest that can be exported (the newest of all, to say why not)."""
    if not project.runs:
        raise ProjectError(f"{path}: has no runs")
    if wanted is None:
        newest_first = sorted(project.runs, key=lambda run: run.number, reverse=True)
        return next(filter(bundle.is_exportable, newest_first), newest_first[0])
    try:
        return project.run(wanted if wanted.startswith("r") else f"r{wanted}")
    except KeyError:
        raise ProjectError(f"{path}: has no run {wanted!r}; it has {', '.join(r.id for r in project.runs)}") from None


def _figure(options: argparse.Namespace) -> int:
    from lsviewer import figures

    size = figures.parse_size(options.size) if options.size else None
    run, artifact = _chosen_artifact(archive.load(options.project), options.artifact, options.project)
    figures.write(
        artifact, options.output, size_inches=size, dpi=options.dpi, theme=options.theme, view=options.view,
        among=run.artifacts, at=_place(options.at) if options.at else None,
    )  # fmt: skip
    print(f"wrote {options.output}")
    return 0


def _place(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ProjectError(
            f"--at {text!r} is not of the form 0.3,0.7, a number for every axis of the section"
        ) from None


def _chosen_artifact(project: Project, wanted: str, path: Path) -> tuple[Run, Artifact]:
    """Return ``section`` of the newest run that has it, or ``r7/section``, and that run."""
    run_id, slash, name = wanted.partition("/")
    for run in sorted(project.runs, key=lambda run: run.number, reverse=True):
        if wanted in run.artifacts:
            return run, run.artifacts[wanted]
        if slash and run.id == run_id and name in run.artifacts:
            return run, run.artifacts[name]
    raise ProjectError(f"{path}: has no artifact {wanted!r}; it has {', '.join(_names(project)) or 'none'}")


def _names(project: Project) -> Mapping[str, None]:
    return dict.fromkeys(f"{run.id}/{name}" for run in project.runs for name in run.artifacts)
