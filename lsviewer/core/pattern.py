"""Where a pattern comes from: an image, an array, a formula, a built-in, or a drawing kept in the project.

A pattern is the target T of a section: an array in [0, 1] with z axes in ij order, axis 1 to the right and axis 2 up
(Czarnecki et al. 2019, eq. 3). Images have row 0 at the top, so ``T[i, j] = image[rows - 1 - j, i]``.
"""

import ast
import json
import warnings
from pathlib import Path as FilePath
from typing import Annotated, Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import Field, field_validator

from lsviewer.core import formula
from lsviewer.core.arrays import Array, freeze
from lsviewer.core.files import Files
from lsviewer.core.spec import Path, Spec, SpecError
from lsviewer.resources import path as resource

DEFAULT_GRID = 128
DEFAULT_CUBE = 32  # the same with three axes
MAX_SIDE = 8192  # pixels a side of an image that is read
MAX_POINTS = 64 * 1024 * 1024  # entries of an array that is read


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
    """A ``.npy`` file with values in [0, 1] and one, two or three axes of equal length."""

    kind: Literal["array"] = "array"
    path: Path = Field(title="Array", description="A .npy file, values in [0, 1], z axes in ij order.")

    def values(self, files: Files, grid: int | None = None) -> Array:
        return freeze(resample(read_array(files.resolve(self.path, "pattern.path")), grid))


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
        points = np.linspace(0.0, 1.0, grid or (DEFAULT_CUBE if z == 3 else DEFAULT_GRID))
        names = dict(zip(formula.VARIABLES, np.meshgrid(*[points] * z, indexing="ij", sparse=True), strict=False))
        if formula.variables(tree) > z:
            raise SpecError(f"field 'pattern.dimensions' is {z}, but the formula uses {formula.variables(tree)} axes")
        values = np.broadcast_to(formula.evaluate(tree, names), (len(points),) * z).copy()
        if not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).sum())
            raise SpecError(f"field 'pattern.expression': not finite at {bad} of {values.size} grid points")
        if self.range == "fit" and np.ptp(values) > 0 and (values.min() < 0 or values.max() > 1):
            values = (values - values.min()) / np.ptp(values)
        return freeze(_in_range(values, "field 'pattern.expression'"))


class BuiltinPattern(_Source):
    """A pattern that comes with lsviewer."""

    kind: Literal["builtin"] = "builtin"
    name: str = Field("cat", title="Pattern", description="One of the built-in patterns.")

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in (names := builtin_names()):
            raise ValueError(f"no such built-in pattern; there are {', '.join(names)}")
        return name

    @property
    def axes(self) -> int:
        return 1 if self.name in _formulas("curves") else 3 if self.name in _formulas("volumes") else 2

    def values(self, files: Files, grid: int | None = None) -> Array:
        if expression := _formulas("curves").get(self.name):
            return FormulaPattern(expression=expression, range="fit", dimensions=1).values(files, grid)
        if expression := _formulas("volumes").get(self.name):
            return FormulaPattern(expression=expression, range="fit", dimensions=3).values(files, grid)
        picture = read_image(FilePath(resource("patterns", f"{self.name}.png")))
        return freeze(resample(to_square(picture), grid or DEFAULT_GRID))


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
    ImagePattern | ArrayPattern | FormulaPattern | BuiltinPattern | DrawnPattern, Field(discriminator="kind")
]


def builtin_names() -> list[str]:
    """Return the names of the built-in pictures (z = 2), of the curves (z = 1), then of the volumes (z = 3)."""
    index = json.loads(FilePath(resource("patterns", "index.json")).read_text("utf-8"))
    return [entry["name"] for entry in index] + list(_formulas("curves")) + list(_formulas("volumes"))


def _formulas(group: Literal["curves", "volumes"]) -> dict[str, str]:
    entries = json.loads(FilePath(resource("patterns", f"{group}.json")).read_text("utf-8"))
    return {entry["name"]: entry["expression"] for entry in entries}


def read_image(path: FilePath) -> Array:
    """Return an image file as grey levels in [0, 1], (rows, columns), row 0 at the top. Sizes are checked before decoding."""
    try:
        with _opened(path) as image:
            width, height = image.size
            if min(width, height) < 2 or max(width, height) > MAX_SIDE:
                raise SpecError(
                    f"image {path.name!r} has {width} x {height} pixels; between 2 x 2 and {MAX_SIDE} x {MAX_SIDE} are read"
                )
            image = ImageOps.exif_transpose(image)  # photos lie on their side without it
            if image.mode in ("I;16", "I;16B", "I", "F"):
                grey = np.asarray(image, np.float64)
                top = 65535.0 if grey.max() > 255 else 255.0 if grey.max() > 1 else 1.0
                return np.clip(grey / top, 0.0, 1.0)
            if "A" in image.getbands() or "transparency" in image.info:
                white = Image.new("RGBA", image.size, "white")
                image = Image.alpha_composite(white, image.convert("RGBA"))
            return np.asarray(image.convert("L"), np.float64) / 255.0
    except Image.DecompressionBombError:
        raise SpecError(f"image {path.name!r} has too many pixels; at most {MAX_SIDE} x {MAX_SIDE} are read") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(f"file {path.name!r} is not an image that can be read") from None


def read_colour_image(path: FilePath) -> Array:
    """Return an image file as colours in [0, 1], (rows, columns, 3), row 0 at the top; greys have three equal channels."""
    try:
        with _opened(path) as image:
            width, height = image.size
            if min(width, height) < 2 or max(width, height) > MAX_SIDE:
                raise SpecError(
                    f"image {path.name!r} has {width} x {height} pixels; between 2 x 2 and {MAX_SIDE} x {MAX_SIDE} are read"
                )
            if image.mode in ("I;16", "I;16B", "I", "F"):  # Pillow cuts their levels off at 255
                return np.repeat(read_image(path)[:, :, None], 3, axis=2)
            image = ImageOps.exif_transpose(image)
            if "A" in image.getbands() or "transparency" in image.info:
                white = Image.new("RGBA", image.size, "white")
                image = Image.alpha_composite(white, image.convert("RGBA"))
            return np.asarray(image.convert("RGB"), np.float64) / 255.0
    except Image.DecompressionBombError:
        raise SpecError(f"image {path.name!r} has too many pixels; at most {MAX_SIDE} x {MAX_SIDE} are read") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(f"file {path.name!r} is not an image that can be read") from None


def _opened(path: FilePath) -> Image.Image:
    """Return an image whose pixels are not read yet. Pillow warns of large ones; their size is checked here instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path)


def is_colour(values: Array) -> bool:
    """Whether an array is a picture in colour (n, n, 3), and not a volume: those are cubes."""
    return values.ndim == 3 and values.shape[2] == 3 and values.shape[0] == values.shape[1] > 3


def read_array(path: FilePath) -> Array:
    """Return a ``.npy`` pattern; refuses pickles, other types, NaN, values outside [0, 1], unequal axes."""
    values, where = read_numbers(path), f"array {path.name!r}"
    if len(set(values.shape)) > 1:
        raise SpecError(f"{where} has shape {values.shape}; all axes must have the same length")
    return values


def read_numbers(path: FilePath) -> Array:
    """Return a ``.npy`` file of one to three axes, float64 in [0, 1]; refuses pickles, other types, NaN and other values."""
    where = f"array {path.name!r}"
    try:
        array = np.load(path, allow_pickle=False, mmap_mode="r")
    except (ValueError, OSError, EOFError) as error:
        pickled = any(word in str(error).lower() for word in ("pickle", "object array", "python objects"))
        why = "holds Python objects, which are never loaded" if pickled else "is not a .npy file that can be read"
        raise SpecError(f"{where} {why}") from None
    if isinstance(array, np.lib.npyio.NpzFile):
        array.close()
        raise SpecError(f"{where} is an archive of arrays (.npz); one array (.npy) is expected")
    if array.dtype.kind not in "fiub":
        raise SpecError(f"{where} must hold one array of real numbers")
    if array.ndim not in (1, 2, 3) or min(array.shape) < 2:
        raise SpecError(f"{where} has shape {array.shape}; one, two or three axes of at least 2 points are expected")
    if array.size > MAX_POINTS:
        raise SpecError(f"{where} has {array.size} values, at most {MAX_POINTS} are read")
    values = np.array(array, dtype=np.float64)
    if not np.isfinite(values).all():
        raise SpecError(f"{where} has {int((~np.isfinite(values)).sum())} values that are not finite")
    return _in_range(values, where)


def to_square(image: Array) -> Array:
    """Return an image (rows, columns) as a square pattern in ij order: centre crop, axis 1 right, axis 2 up."""
    rows, columns = image.shape
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    return np.ascontiguousarray(image[top : top + side, left : left + side][::-1].T)


def resample(values: Array, grid: int | None) -> Array:
    """Return ``values`` with ``grid`` points on every axis: box average when shrinking, then linear; None leaves it as it is."""
    if grid is None or all(n == grid for n in values.shape):
        return values
    for axis, n in enumerate(values.shape):
        values = np.moveaxis(_resample_first(np.moveaxis(values, axis, 0), n, grid), 0, axis)
    return np.clip(values, 0.0, 1.0)


def _resample_first(values: Array, n: int, grid: int) -> Array:
    """Triangle filter whose width follows the shrinking, corners on corners: the usual antialiased linear resampling."""
    positions = np.linspace(0.0, n - 1.0, grid)
    width = max(1.0, (n - 1) / (grid - 1))
    weights = np.maximum(0.0, 1.0 - np.abs(positions[:, None] - np.arange(n)[None, :]) / width)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.tensordot(weights, values, axes=1)


def _in_range(values: Array, where: str) -> Array:
    slack = 1e-9
    low, high = float(values.min()), float(values.max())
    if low < -slack or high > 1 + slack:
        raise SpecError(f"{where} has values from {low:.4g} to {high:.4g}; a pattern lies in [0, 1]")
    return np.clip(values, 0.0, 1.0)
