"""Artifacts as data other programs read: CSV and NPZ of every kind, VTK of sections. All digits are kept."""

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Diagram, Picture, Section, Spectrum, Trajectory
from lsviewer.project import container
from lsviewer.project.document import ProjectError
from lsviewer.project.serialize import kind_of

ENDINGS = (".csv", ".npz", ".vtk", ".vti")


def contents(artifact: Artifact, ending: str) -> bytes:
    """Return the file for one of `ENDINGS`; raises `ProjectError` where the artifact has no such form."""
    match ending:
        case ".csv":
            return _csv(artifact)
        case ".npz":
            return container.to_npz(arrays(artifact), compressed=True)
        case ".vtk" | ".vti" if isinstance(artifact, Section):
            return _vtk(artifact) if ending == ".vtk" else _vti(artifact)
    raise ProjectError(f"a {kind_of(artifact)} cannot be written as {ending}")


def arrays(artifact: Artifact) -> dict[str, Array]:
    """Return the arrays of an artifact by plain names; a section as in a bundle: ``axis_1``, ..., ``loss`` in ij order."""
    match artifact:
        case Section():
            found = {f"axis_{i}": axis.values for i, axis in enumerate(artifact.axes, start=1)}
            found |= {"loss": artifact.values, "offset": np.asarray(artifact.offset)}
            return found | _present({"target": artifact.target, "known": artifact.known})
        case Curve():
            named = enumerate(artifact.series, start=1)
            return {f"{axis}_{i}": getattr(series, axis) for i, series in named for axis in ("x", "y")}
        case Spectrum():
            return {"values": artifact.values}
        case Picture():
            return {"pixels": artifact.pixels}
        case Trajectory():
            return {"points": artifact.points} | _present({"losses": artifact.losses, "residuals": artifact.residuals})
        case Checkpoint():
            found = {f"origin/{key}": value for key, value in artifact.params.items()}
            for i, direction in enumerate(artifact.directions, start=1):
                found |= {f"direction_{i}/{key}": value for key, value in direction.items()}
            return found
        case Diagram():
            blocks = np.array([(block.layer, block.first, block.units) for block in artifact.blocks]).reshape(-1, 3)
            links = np.array([(link.source, link.target, link.nonzero, link.total) for link in artifact.links])
            return {"blocks": blocks, "links": links.reshape(-1, 4), "samples": artifact.samples}


def _present(optional: dict[str, Array | None]) -> dict[str, Array]:
    return {name: array for name, array in optional.items() if array is not None}


def _csv(artifact: Artifact) -> bytes:
    match artifact:
        case Section():
            grid = np.meshgrid(*(axis.values for axis in artifact.axes), indexing="ij")
            columns = [*grid, artifact.values, *([] if artifact.target is None else [artifact.target])]
            names = [f"alpha_{i + 1}" for i in range(len(grid))] + ["loss", "target"]
            return _rows(names[: len(columns)], zip(*(column.ravel().tolist() for column in columns)))
        case Curve():
            points = ((s.label, x, y) for s in artifact.series for x, y in zip(s.x.tolist(), s.y.tolist()))
            return _rows(["series", artifact.x_label or "x", artifact.y_label or "y"], points)
        case Spectrum():
            return _rows([artifact.label], ([value] for value in artifact.values.tolist()))
        case Picture():
            pixels = np.atleast_3d(artifact.pixels)
            names = ["red", "green", "blue"] if pixels.shape[2] == 3 else ["grey"]
            places = ((r, c, *pixels[r, c].tolist()) for r in range(pixels.shape[0]) for c in range(pixels.shape[1]))
            return _rows(["row", "column", *names], places)
        case Trajectory():
            extra = _present({"loss": artifact.losses, "residual": artifact.residuals})
            names = ["step", *(f"alpha_{i + 1}" for i in range(artifact.points.shape[1])), *extra]
            columns = [*artifact.points.T, *extra.values()]
            return _rows(names, ((i, *row) for i, row in enumerate(zip(*(column.tolist() for column in columns)))))
        case Diagram():
            names = ["layer", "block", "first", "units", "roles", "parameters", "trained", "idle", "formula"]
            rows = (
                (artifact.layers[b.layer], b.name, b.first, b.units, " ".join(b.roles), " ".join(b.parameters), b.trained,
                 b.idle, b.formula)
                for b in artifact.blocks
            )  # fmt: skip
            return _rows(names, rows)
        case Checkpoint():
            raise ProjectError("a checkpoint cannot be written as .csv: choose .safetensors, .pt or .npz")


def _rows(names: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")  # floats are written by repr: every digit
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _fields(section: Section) -> dict[str, Array]:
    return {"loss": section.values} | _present({"target": section.target, "error": section.error})


def _numbers(values: Array) -> str:
    """Return numbers with the first axis running fastest, as VTK wants them, ten a line."""
    flat = [repr(float(value)) for value in values.ravel(order="F")]
    return "\n".join(" ".join(flat[i : i + 10]) for i in range(0, len(flat), 10))


def _padded(section: Section) -> list[Array]:
    """Return three axes: VTK grids always have three, one point on those the section lacks."""
    return [axis.values for axis in section.axes] + [np.zeros(1)] * (3 - len(section.axes))


def _vtk(section: Section) -> bytes:
    """Return a legacy rectilinear grid; it holds axes with any spacing."""
    axes = _padded(section)
    title = (section.title or section.name).encode("ascii", "replace").decode()[:200].replace("\n", " ")
    parts = ["# vtk DataFile Version 3.0", title, "ASCII", "DATASET RECTILINEAR_GRID"]
    parts.append(f"DIMENSIONS {' '.join(str(len(axis)) for axis in axes)}")
    for name, axis in zip("XYZ", axes):
        parts += [f"{name}_COORDINATES {len(axis)} double", _numbers(axis)]
    parts.append(f"POINT_DATA {section.values.size}")
    for name, values in _fields(section).items():
        parts += [f"SCALARS {name} double 1", "LOOKUP_TABLE default", _numbers(values)]
    return ("\n".join(parts) + "\n").encode("ascii")


def _vti(section: Section) -> bytes:
    """Return an XML image; its axes must be evenly spaced."""
    axes = _padded(section)
    spacing = []
    for axis in axes:
        steps = np.diff(axis)
        if len(steps) and not np.allclose(steps, steps[0], rtol=1e-6):
            raise ProjectError("a .vti file has evenly spaced axes, those of this section are not: choose .vtk")
        spacing.append(float(axis[-1] - axis[0]) / max(len(axis) - 1, 1) or 1.0)
    extent = " ".join(f"0 {len(axis) - 1}" for axis in axes)
    origin = " ".join(repr(float(axis[0])) for axis in axes)
    data = "".join(
        f'<DataArray type="Float64" Name="{name}" format="ascii">\n{_numbers(values)}\n</DataArray>\n'
        for name, values in _fields(section).items()
    )
    return (
        '<?xml version="1.0"?>\n<VTKFile type="ImageData" version="0.1" byte_order="LittleEndian">\n'
        f'<ImageData WholeExtent="{extent}" Origin="{origin}" Spacing="{" ".join(map(repr, spacing))}">\n'
        f'<Piece Extent="{extent}">\n<PointData Scalars="loss">\n{data}</PointData>\n</Piece>\n</ImageData>\n</VTKFile>\n'
    ).encode("ascii")
