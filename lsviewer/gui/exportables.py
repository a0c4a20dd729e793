"""What can be exported of what is on screen: figures, tables, checkpoints, the bundle of a run, the 3D view as it stands."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtGui import QImage

from lsviewer.core.artifacts import Artifact, Checkpoint, Diagram, Picture, Section
from lsviewer.core.files import Files
from lsviewer.gui.export import BUNDLE, CSV, NPZ, PDF, PNG, SAFETENSORS, STATE_DICT, SVG, VTK, Exportable, Size
from lsviewer.gui.numbers import format_count, format_point
from lsviewer.gui.views.base import Cursor, View
from lsviewer.project.document import Run


def exportables(
    run: Run | None, section: Section | Picture | None, views: tuple[View, ...], files: Files, at: Cursor | None = None
) -> list[Exportable]:
    """Return everything there is to write: first the section on screen, then what the run holds, then views as they stand.

    ``at`` is the cursor, where a diagram of the network is lit.
    """
    label = f"run {run.number}" if run else "live"
    things: list[Exportable] = []
    artifacts = dict(run.artifacts) if run else {}
    if section is not None:
        artifacts = {section.name: section} | {name: found for name, found in artifacts.items() if name != section.name}
    for artifact in artifacts.values():
        if isinstance(artifact, Diagram) and run is not None:
            things.append(_of_diagram(artifact, label, dict(run.artifacts), at))
        else:
            things.extend(_of_artifact(artifact, label))
    things.extend(_of_view(view, label) for view in views)
    if run is not None and _has_bundle(run):
        things.append(
            Exportable(
                "Bundle",
                f"{label}, to verify without lsviewer",
                f"bundle-{run.id}",
                (BUNDLE,),
                partial(_write_bundle, run, files),
            )
        )
    return things


def _of_artifact(artifact: Artifact, label: str) -> list[Exportable]:
    title = getattr(artifact, "title", "") or artifact.name
    title = title[:1].upper() + title[1:] if title[:1].isascii() else title  # σ is no Σ
    if isinstance(artifact, Checkpoint):
        context = f"{label}, {format_count(artifact.size)} parameters"
        return [
            Exportable(
                "Checkpoint", context, f"{artifact.name}", (SAFETENSORS, STATE_DICT), partial(_write, artifact, "plain")
            )
        ]
    if not isinstance(artifact, Section):
        return [Exportable(title, label, artifact.name, (PNG, SVG, PDF, CSV, NPZ), partial(_write, artifact, "plain"))]
    size = " × ".join(str(len(axis.values)) for axis in artifact.axes)
    found = [
        Exportable(
            title, f"{label}, {size}", artifact.name, (PNG, SVG, PDF, CSV, NPZ, VTK), partial(_write, artifact, "plain")
        )
    ]
    if len(artifact.axes) == 2:
        found.append(
            Exportable(
                f"{title}, drawn in 3D",
                label,
                f"{artifact.name}-surface",
                (PNG, SVG, PDF),
                partial(_write, artifact, "surface"),
            )
        )
    if artifact.target is not None and len(artifact.axes) == 2:
        found.append(
            Exportable(
                f"{title}, error", label, f"{artifact.name}-error", (PNG, SVG, PDF), partial(_write, artifact, "error")
            )
        )
    return found


def _of_diagram(artifact: Diagram, label: str, among: dict[str, Artifact], at: Cursor | None) -> Exportable:
    where = f", at α = {format_point(at)}" if at is not None else ""
    write = partial(_write_diagram, artifact, among, at)
    return Exportable("Network diagram", label + where, artifact.name, (SVG, PNG, PDF, CSV, NPZ), write)


def _of_view(view: View, label: str) -> Exportable:
    return Exportable(
        f"{view.name} as on screen",
        label,
        view.name.lower(),
        (PNG,),
        partial(_write_view, view.render_image, view.width(), view.height()),
        aside=False,
    )


def _write(artifact: Artifact, how: str, path: Path, size: Size) -> None:
    from lsviewer import figures  # brings matplotlib: not before the first export

    view: figures.View = "surface" if how == "surface" else "error" if how == "error" else "plain"
    inches = (size.width_mm / 25.4, size.height_mm / 25.4)
    figures.write(artifact, path, size_inches=inches, dpi=size.dpi, theme="dark" if size.dark else "light", view=view)


def _write_diagram(artifact: Diagram, among: dict[str, Artifact], at: Cursor | None, path: Path, size: Size) -> None:
    from lsviewer import figures

    inches = (size.width_mm / 25.4, size.height_mm / 25.4)
    figures.write(
        artifact, path, size_inches=inches, dpi=size.dpi, theme="dark" if size.dark else "light", among=among, at=at
    )


def _write_view(render: Callable[[int, int, float], QImage], width: int, height: int, path: Path, size: Size) -> None:
    scale = size.pixels[0] / max(1, width)
    if not render(width, height, scale).save(str(path)):
        raise OSError(f"{path}: the picture could not be written")


def _has_bundle(run: Run) -> bool:
    from lsviewer.project import bundle

    return bundle.is_exportable(run)


def _write_bundle(run: Run, files: Files, path: Path, _: Size) -> None:
    from lsviewer.project import bundle

    bundle.write(run, path, files)
