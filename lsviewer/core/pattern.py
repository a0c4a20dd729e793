"""Where a pattern comes from: an image, a stack of them, an array, a formula, a built-in, or a drawing kept in the project.

A pattern is the target T of a section: an array in [0, 1] with z axes in ij order, axis 1 to the right and axis 2 up
(Czarnecki et al. 2019, eq. 3). Images have row 0 at the top, so ``T[i, j] = image[rows - 1 - j, i]``.
"""

import ast
import json
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, field_validator

from lsviewer.core import formula
from lsviewer.core.array_files import Fixed, in_range, read_array
from lsviewer.core.arrays import Array, freeze
from lsviewer.core.files import Files
from lsviewer.core.images import read_image, read_stack, to_square
from lsviewer.core.resampling import refuse_huge, resample
from lsviewer.core.spec import Path, Spec, SpecError
from lsviewer.resources import path as resource

DEFAULT_GRID = 128
DEFAULT_CUBE = 32  # the same with three axes
Group = Literal["curves", "volumes"]
GROUPS: dict[Group, Literal[1, 3]] = {"curves": 1, "volumes": 3}


class _Source(Spec):
    def values(self, files: Files, grid: int | None = None) -> Array:
        """Return the pattern, read-only float64 in [0, 1] with ``grid`` points an axis (None: its own). Raises `SpecError`."""
        raise NotImplementedError

    @property
    def axes(self) -> int | None:
        """Number of axes, None where only a file or the project knows it."""
        return None


class ImagePattern(_Source):
    """A picture file (PNG, JPEG, ...), as grey levels; white is 1."""

    kind: Literal["image"] = "image"
    path: Path = Field(title="Image", description="PNG, JPEG, BMP, GIF, TIFF or WebP.")
    invert: bool = Field(False, title="Invert", description="Black becomes high.")

    @property
    def axes(self) -> int:
        return 2

    def values(self, files: Files, grid: int | None = None) -> Array:
        found = files.resolve(self.path, "pattern.path")
        square = to_square(read_image(found))
        return freeze(resample(1 - square if self.invert else square, grid or min(square.shape[0], 512)))


class ArrayPattern(_Source):
    """A ``.npy`` file with values in [0, 1] and one, two or three axes of equal length, or a slice of one with more axes."""

    kind: Literal["array"] = "array"
    path: Path = Field(title="Array", description="A .npy file, values in [0, 1], z axes in ij order.")
    fixed: Fixed = Field(
        (), max_length=8, title="Slice",
        description="For each axis of the array the index where it is cut, null for an axis of the pattern; empty: all.",
    )  # fmt: skip

    @property
    def axes(self) -> int | None:
        return self.fixed.count(None) or None

    def values(self, files: Files, grid: int | None = None) -> Array:
        return freeze(resample(read_array(files.resolve(self.path, "pattern.path"), self.fixed), grid))


class StackPattern(_Source):
    """A volume from a stack of images, as grey levels: a folder of them in the order of their names, or one file with pages."""

    kind: Literal["stack"] = "stack"
    path: Path = Field(title="Stack", description="A folder of images of one size, or a TIFF, GIF or WebP with pages.")
    invert: bool = Field(False, title="Invert", description="Black becomes high.")

    @property
    def axes(self) -> int:
        return 3

    def values(self, files: Files, grid: int | None = None) -> Array:
        volume = read_stack(files.resolve_any(self.path, "pattern.path"), grid or DEFAULT_CUBE)
        return freeze(1 - volume if self.invert else volume)


class FormulaPattern(_Source):
    """A formula in a, b, c on [0, 1]."""

    kind: Literal["formula"] = "formula"
    expression: str = Field("0.5 + 0.5*sin(6*a)*cos(6*b)", title="Formula", description="In a, b, c on [0, 1].")
    range: Literal["keep", "fit"] = Field(
        "keep", title="Range", description="keep: values outside [0, 1] are refused; fit: they are scaled into [0, 1]."
    )
    dimensions: Literal[1, 2, 3] | None = Field(
        None, title="Axes", description="By default as many as the formula names."
    )

    @field_validator("expression")
    @classmethod
    def _allowed(cls, expression: str) -> str:
        formula.parse(expression)
        return expression

    @property
    def axes(self) -> int:
        return self.dimensions or formula.variables(formula.parse(self.expression))

    def values(self, files: Files, grid: int | None = None) -> Array:
        tree: ast.expr = formula.parse(self.expression)
        z = self.axes
        size = grid or (DEFAULT_CUBE if z == 3 else DEFAULT_GRID)
        refuse_huge(size, z, "the formula")
        points = np.linspace(0.0, 1.0, size)
        names = dict(zip(formula.VARIABLES, np.meshgrid(*[points] * z, indexing="ij", sparse=True), strict=False))
        if formula.variables(tree) > z:
            raise SpecError(f"field 'pattern.dimensions' is {z}, but the formula uses {formula.variables(tree)} axes")
        values = np.broadcast_to(formula.evaluate(tree, names), (len(points),) * z).copy()
        if not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).sum())
            raise SpecError(f"field 'pattern.expression': not finite at {bad} of {values.size} grid points")
        if self.range == "fit" and np.ptp(values) > 0 and (values.min() < 0 or values.max() > 1):
            values = (values - values.min()) / np.ptp(values)
        return freeze(in_range(values, "field 'pattern.expression'"))


def _offer_names(schema: dict[str, Any]) -> None:
    schema["enum"] = builtin_names()


class BuiltinPattern(_Source):
    """A pattern that comes with lsviewer."""

    kind: Literal["builtin"] = "builtin"
    name: str = Field(
        "cat", title="Pattern", description="One of the built-in patterns.",
        json_schema_extra=_offer_names,
    )  # fmt: skip

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in (names := builtin_names()):
            raise ValueError(f"no such built-in pattern; there are {', '.join(names)}")
        return name

    @property
    def axes(self) -> int:
        return 1 if self.name in _entries("curves") else 3 if self.name in _entries("volumes") else 2

    def values(self, files: Files, grid: int | None = None) -> Array:
        for group, axes in GROUPS.items():
            if (entry := _entries(group).get(self.name)) is not None:
                found = FormulaPattern(expression=entry["expression"], range="fit", dimensions=axes).values(files, grid)
                return found if "picture" not in entry else freeze(found * self._extruded(entry["picture"], len(found)))
        return freeze(resample(self._picture(self.name), grid or DEFAULT_GRID))

    def _extruded(self, name: str, grid: int) -> Array:
        """Return a built-in picture that stands upright, the same at every place along axis 2."""
        return resample(self._picture(name), grid)[:, None, :]

    def _picture(self, name: str) -> Array:
        return to_square(read_image(FilePath(resource("patterns", f"{name}.png"))))


class DrawnPattern(_Source):
    """A drawing kept in the project under its name."""

    kind: Literal["drawn"] = "drawn"
    name: str = Field("drawing", title="Drawing", min_length=1, max_length=80)

    def values(self, files: Files, grid: int | None = None) -> Array:
        if self.name not in files.patterns:
            raise SpecError(f"field 'pattern.name': the project has no pattern {self.name!r}")
        found = np.asarray(files.patterns[self.name], np.float64)
        if is_colour(found):
            raise SpecError(f"field 'pattern.name': {self.name!r} is a picture in colour; greys are expected here")
        return freeze(resample(found, grid))


PatternSource = Annotated[
    ImagePattern | ArrayPattern | StackPattern | FormulaPattern | BuiltinPattern | DrawnPattern,
    Field(discriminator="kind"),
]


def is_colour(values: Array) -> bool:
    """Whether an array is a picture in colour (n, n, 3), and not a volume: those are cubes."""
    return values.ndim == 3 and values.shape[2] == 3 and values.shape[0] == values.shape[1] > 3


def middle_slice(volume: Array) -> Array:
    """Return the slice through the middle of a volume that shows most, of the three; across axis 3 where they are alike."""
    slices = [np.take(volume, volume.shape[axis] // 2, axis=axis) for axis in (2, 1, 0)]
    return max(slices, key=lambda cut: round(float(sum(np.abs(np.diff(cut, axis=k)).sum() for k in (0, 1))), 3))


def builtin_names() -> list[str]:
    """Return the names of the built-in pictures (z = 2), of the curves (z = 1), then of the volumes (z = 3)."""
    index = json.loads(FilePath(resource("patterns", "index.json")).read_text("utf-8"))
    return [entry["name"] for entry in index] + list(_entries("curves")) + list(_entries("volumes"))


def _entries(group: Group) -> dict[str, dict[str, Any]]:
    """Return the built-in curves or volumes by name; a volume with a ``picture`` is that times its formula."""
    entries = json.loads(FilePath(resource("patterns", f"{group}.json")).read_text("utf-8"))
    return {entry["name"]: entry for entry in entries}
