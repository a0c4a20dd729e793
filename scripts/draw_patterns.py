"""Draw the built-in patterns: `python scripts/draw_patterns.py` writes `lsviewer/resources/patterns/*.png`.

Every picture is a function that returns heights on the unit square, `X` to the right and `Y` down, at four times the
final size; the mean over 4 x 4 blocks is the antialiasing. The same code gives the same files: all chance is seeded.
Grey is 16 bit, because a smooth bowl in 8 bit is a staircase, and a planted staircase is what the section would show.
The two real pictures are crops of the sample data that matplotlib ships (see `patterns/NOTICE.md`).
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

Grey = np.ndarray[Any, np.dtype[np.float64]]  # (N, N), rows down
Point = tuple[float, float]

RESOURCES = Path(__file__).resolve().parents[1] / "lsviewer" / "resources"
FOLDER = RESOURCES / "patterns"
SIZE = 256
OVERSAMPLING = 4
N = SIZE * OVERSAMPLING
X, Y = np.meshgrid((np.arange(N) + 0.5) / N, (np.arange(N) + 0.5) / N)
SOFT = 0.005  # half width of an edge: about one pixel of the picture, so that a section can follow it
SAMPLES = Path(matplotlib.get_data_path()) / "sample_data"


# Signed distances, negative inside.


def ellipse(centre: Point, radii: Point) -> Grey:
    """Return the first-order distance to an ellipse, exact on its edge."""
    u, v = (X - centre[0]) / radii[0], (Y - centre[1]) / radii[1]
    k = np.hypot(u, v)
    return np.asarray(k * (k - 1) / np.maximum(np.hypot(u / radii[0], v / radii[1]), 1e-9))


def segment(p: Point, q: Point) -> Grey:
    """Return the distance to the segment from p to q."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    t = np.clip(((X - p[0]) * dx + (Y - p[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.asarray(np.hypot(X - p[0] - t * dx, Y - p[1] - t * dy))


def polygon(points: list[Point]) -> Grey:
    """Return the signed distance to a polygon."""
    inside = np.zeros(X.shape, dtype=bool)
    away = np.full(X.shape, np.inf)
    for p, q in zip(points, points[1:] + points[:1], strict=True):
        away = np.minimum(away, segment(p, q))
        if p[1] != q[1]:
            crosses = (p[1] > Y) != (q[1] > Y)
            inside ^= crosses & ((q[0] - p[0]) * (Y - p[1]) / (q[1] - p[1]) + p[0] > X)
    return np.where(inside, -away, away)


def along(points: list[Point], samples: int = 600) -> tuple[Grey, Grey]:
    """Return the distance to a Bezier curve and the parameter in [0, 1] of its nearest point."""
    t = np.linspace(0, 1, samples)[:, None]
    curve = np.array(points)[:, None, :] * np.ones((1, samples, 1))
    while len(curve) > 1:
        curve = (1 - t) * curve[:-1] + t * curve[1:]
    away, nearest = cKDTree(curve[0]).query(np.column_stack([X.ravel(), Y.ravel()]))
    return np.reshape(away, X.shape), np.reshape(nearest / (samples - 1), X.shape)


# Laying one tone over another.


def step(d: Grey, soft: float = SOFT) -> Grey:
    """Return 1 well inside (d < 0), 0 well outside, smooth over 2 `soft`."""
    t = np.clip(0.5 - d / (2 * soft), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def paint(under: Grey, tone: Grey | float, cover: Grey) -> Grey:
    """Return `tone` laid over `under` where `cover` is 1."""
    return np.asarray(under + (tone - under) * cover)


def glow(centre: Point, radii: Point) -> Grey:
    """Return a Gaussian spot of height 1."""
    return np.asarray(np.exp(-(((X - centre[0]) / radii[0]) ** 2) - ((Y - centre[1]) / radii[1]) ** 2))


def dusk(low: float = 0.03, high: float = 0.19) -> Grey:
    """Return the dark ground of the pictures, a little lighter towards the upper right."""
    return np.asarray(low + (high - low) * (0.35 * X + 0.65 * (1 - Y)))


def halo(d: Grey, height: float, reach: float) -> Grey:
    """Return light that falls off around a shape; blurred, or the distance would leave creases in it."""
    return np.asarray(gaussian_filter(height * np.exp(-np.clip(d, 0, None) / reach), 0.022 * N, mode="nearest"))


def noise(seed: int, scale: float) -> Grey:
    """Return smooth seeded noise, mean 0 and standard deviation 1."""
    rough = gaussian_filter(np.random.default_rng(seed).standard_normal((N, N)), scale * N, mode="wrap")
    return np.asarray((rough - rough.mean()) / rough.std())


# Pictures.


def cat() -> Grey:
    g = dusk()

    away, t = along([(0.66, 0.93), (0.80, 0.84), (0.97, 0.62), (0.80, 0.49), (0.775, 0.395)])
    width = 0.040 + 0.008 * np.sin(np.pi * t)
    fur = 0.55 - 0.13 * (away / width) ** 2
    stripe = step(np.abs((t * 7.5 + 0.10 * away / width) % 1 - 0.5) - 0.17, 0.13) * step(0.12 - t, 0.05)
    g = paint(g, fur - 0.13 * stripe, step(away - width))

    body = ellipse((0.466, 0.802), (0.242, 0.311))
    fur = 0.60 - 0.11 * np.clip((X - 0.40) / 0.30, -0.3, 1) + 0.9 * np.clip(-body, 0, 0.05) - 0.10 * (Y - 0.60)
    for side in (-1, 1):
        for y in (0.715, 0.775, 0.835):
            flank = segment((0.466 + side * 0.245, y), (0.466 + side * 0.165, y + 0.022))
            fur = paint(fur, 0.68 * fur, step(flank - 0.011, 0.012))
    fur = paint(fur, 0.86, np.exp(-((((X - 0.466) / 0.092) ** 2 + ((Y - 0.83) / 0.25) ** 2) ** 1.5)))
    for x, y, dark in ((0.330, 0.945, 0.7), (0.427, 0.925, 1.0), (0.502, 0.925, 1.0), (0.600, 0.945, 0.7)):
        fur = paint(fur, 0.42, dark * step(segment((x, y), (x, 1.1)) - 0.007, 0.007))
    g = paint(g, fur, step(body))

    head = ellipse((0.447, 0.400), (0.282, 0.225))
    g = paint(g, 0.30, 0.75 * step(ellipse((0.452, 0.455), (0.245, 0.215)), 0.065) * step(body))  # shadow of the chin
    for outer, inner in (
        ([(0.186, 0.073), (0.385, 0.205), (0.196, 0.330)], [(0.218, 0.133), (0.318, 0.202), (0.228, 0.255)]),
        ([(0.722, 0.098), (0.520, 0.205), (0.706, 0.330)], [(0.690, 0.152), (0.590, 0.212), (0.678, 0.262)]),
    ):
        ear = polygon(outer) - 0.006
        g = paint(g, 0.70 + 1.2 * np.clip(-ear, 0, 0.03) - 0.10 * (X - 0.2), step(ear))
        g = paint(g, 0.40 + 0.30 * (Y - 0.13), step(polygon(inner) - 0.004, 0.008))

    fur = 0.64 + 1.6 * np.clip(-head, 0, 0.06) - 0.10 * (X - 0.30) + 0.06 * (0.4 - Y)
    fur = paint(fur, 0.91, 0.92 * np.exp(-((((X - 0.447) / 0.17) ** 2 + ((Y - 0.535) / 0.125) ** 2) ** 1.6)))
    for p, q in (((0.390, 0.192), (0.383, 0.280)), ((0.447, 0.188), (0.447, 0.288)), ((0.504, 0.192), (0.511, 0.280))):
        fur = paint(fur, 0.45, 0.9 * step(segment(p, q) - 0.012, 0.009))
    for side in (-1, 1):
        for y, x0, x1 in ((0.405, 0.205, 0.290), (0.446, 0.195, 0.270)):
            mark = segment((0.447 + side * x0, y + 0.012), (0.447 + side * x1, y - 0.006))
            fur = paint(fur, 0.47, 0.85 * step(mark - 0.008, 0.008))
    g = paint(g, fur, step(head))

    for x in (0.330, 0.564):
        eye = ellipse((x, 0.373), (0.066, 0.056))
        g = paint(g, 0.40, 0.85 * step(eye - 0.007, 0.007))
        g = paint(g, 0.97 - 1.1 * np.clip(0.345 - Y, 0, 1), step(eye))
        g = paint(g, 0.0, step(ellipse((x, 0.373), (0.034, 0.051)), 0.006))
        g = paint(g, 1.0, step(ellipse((x + 0.011, 0.350), (0.0145, 0.0155)), 0.005))
        g = paint(g, 0.7, step(ellipse((x - 0.011, 0.397), (0.0065, 0.0065)), 0.004))

    g = paint(g, 0.30, step(polygon([(0.415, 0.470), (0.479, 0.470), (0.447, 0.508)]) - 0.006))
    g = paint(g, 0.55, step(ellipse((0.437, 0.474), (0.012, 0.005)), 0.006))
    mouth = segment((0.447, 0.508), (0.447, 0.540)) - 0.0035
    for side in (-1, 1):
        arc, _ = along(
            [(0.447, 0.540), (0.447 + side * 0.02, 0.585), (0.447 + side * 0.07, 0.580), (0.447 + side * 0.078, 0.545)]
        )
        mouth = np.minimum(mouth, arc - 0.0055)
        for dx, dy in ((0.050, 0.524), (0.076, 0.512)):
            g = paint(g, 0.62, 0.8 * step(ellipse((0.447 + side * dx, dy), (0.005, 0.005)), 0.004))
    g = paint(g, 0.32, step(mouth))

    for side in (-1, 1):
        for start, bend, end in (
            ((0.122, 0.508), (0.245, 0.462), (0.370, 0.432)),
            ((0.126, 0.530), (0.250, 0.512), (0.372, 0.512)),
            ((0.122, 0.552), (0.240, 0.553), (0.368, 0.592)),
        ):
            points = [(0.447 + side * x, y) for x, y in (start, bend, end)]
            away, t = along(points)
            g = paint(g, 0.97, step(away - 0.0060 + 0.0030 * t))
    return g


def heart() -> Grey:
    t = np.linspace(0, 2 * np.pi, 361)[:-1]
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    points = list(zip((0.5 + 0.0262 * x).tolist(), (0.470 - 0.0262 * y).tolist(), strict=True))
    d = polygon(points)
    depth = gaussian_filter(np.clip(-d / 0.21, 0, 1), 0.012 * N)
    puffed = 0.52 + 0.34 * np.sqrt(1 - (1 - depth) ** 2) + 0.14 * glow((0.33, 0.30), (0.11, 0.09))
    return paint(dusk() + halo(d, 0.24, 0.06), puffed, step(d))


def smiley() -> Grey:
    face = ellipse((0.5, 0.5), (0.42, 0.42))
    skin = (
        0.62
        + 0.26 * np.sqrt(np.clip(1 - (1 + np.clip(face, -0.42, 0) / 0.42) ** 2, 0, 1))
        + 0.10 * glow((0.36, 0.28), (0.2, 0.15))
    )
    g = paint(dusk() + halo(face, 0.18, 0.05), skin, step(face))
    for x in (0.355, 0.645):
        g = paint(g, 0.04, step(ellipse((x, 0.40), (0.050, 0.078))))
        g = paint(g, 1.0, step(ellipse((x + 0.014, 0.365), (0.017, 0.022))))
    for x in (0.245, 0.755):
        g = g - 0.12 * glow((x, 0.565), (0.055, 0.040))
    mouth = np.maximum(ellipse((0.5, 0.535), (0.255, 0.235)), 0.560 - Y) - 0.012
    lips = paint(g, 0.06, step(mouth))
    teeth = np.maximum(np.maximum(ellipse((0.5, 0.535), (0.240, 0.220)), 0.562 - Y), Y - 0.615)
    tongue = np.maximum(ellipse((0.5, 0.800), (0.120, 0.095)), mouth + 0.012)
    return paint(paint(lips, 0.96, step(teeth)), 0.38, step(tongue))


def star() -> Grey:
    turn = np.pi * np.arange(10) / 5
    radius = np.where(np.arange(10) % 2 == 0, 0.46, 0.46 * 0.42)
    points = list(zip((0.5 + radius * np.sin(turn)).tolist(), (0.525 - radius * np.cos(turn)).tolist(), strict=True))
    d = polygon(points)
    roof = -d / float(-d.min())
    facet = np.sin(5 * np.arctan2(X - 0.5, 0.525 - Y))
    side = np.clip(facet * np.hypot(X - 0.5, Y - 0.525) * 40, -1, 1)
    return paint(dusk() + halo(d, 0.18, 0.05), 0.46 + 0.44 * roof - 0.10 * side * (1 - roof), step(d))


def mountains() -> Grey:
    g = 0.34 + 0.30 * Y + 0.10 * glow((0.62, 0.42), (0.5, 0.25))
    sun = ellipse((0.62, 0.335), (0.085, 0.085))
    g = g + 0.22 * np.exp(-np.clip(sun, 0, None) / 0.09)
    g = paint(g, 1.0, step(sun))
    for y, x in ((0.17, 0.24), (0.225, 0.36), (0.13, 0.80)):
        cloud = np.minimum(ellipse((x, y), (0.13, 0.017)), ellipse((x + 0.04, y - 0.014), (0.06, 0.018)))
        g = paint(g, g + 0.13, step(cloud, 0.014))
    ranges = (
        (0.475, 0.46, 0.060, 0.028, 0.4, 1.15),
        (0.560, 0.33, 0.075, 0.024, 2.1, 0.95),
        (0.690, 0.20, 0.070, 0.020, 4.4, 1.10),
        (0.830, 0.07, 0.060, 0.016, 0.9, 0.85),
    )
    for level, tone, broad, fine, phase, speed in ranges:
        ridge = broad * np.sin(2 * np.pi * speed * X + phase) + 0.45 * broad * np.sin(
            4.4 * np.pi * speed * X + 2.3 * phase
        )
        ridge = ridge + fine * np.sin(11 * np.pi * X + 5 * phase) * np.sin(3 * np.pi * X + phase)
        top = level - ridge
        mist = 0.16 * np.clip((Y - top) / 0.28, 0, 1) ** 1.3
        g = paint(g, tone + mist * (1 - 0.55 * (level > 0.8)), step(top - Y))
    return g


def skyline() -> Grey:
    rng = np.random.default_rng(7)
    shore = 206  # in pixels of the picture, like all sizes of houses
    g = 0.10 + 0.42 * np.clip(Y * SIZE / shore, 0, 1) ** 1.6
    for _ in range(60):
        g = g + rng.uniform(0.15, 0.5) * glow((rng.uniform(0, 1), rng.uniform(0, 0.42)), (0.0035, 0.0035))
    moon = ellipse((0.77, 0.19), (0.072, 0.072))
    face = np.full((N, N), 0.98)
    for dx, dy, r in ((-0.02, -0.02, 0.018), (0.025, 0.01, 0.014), (-0.01, 0.03, 0.012)):
        face -= 8 * r * glow((0.77 + dx, 0.19 + dy), (r, r))
    g = paint(g + 0.17 * np.exp(-np.clip(moon, 0, None) / 0.08), face, step(moon))

    for tone, low, high, lit in ((0.34, 70, 122, 0.0), (0.23, 50, 100, 0.30), (0.06, 34, 124, 0.55)):
        near = lit > 0.5
        x = -6 - int(rng.integers(0, 8))
        while x < SIZE:
            width, tall = int(rng.choice([19, 25, 31])), int(rng.integers(low, high))
            if near and x > 160:
                tall = min(tall, 78)  # leave the moon alone
            house(g, tone, x, width, shore - tall, shore, int(rng.integers(0, 4)))
            for row in range(shore - tall + 5, shore - 6, 8):
                for column in range(x + 4, x + width - 4, 6):
                    if rng.uniform() < lit:
                        light = rng.uniform(0.62, 0.95) - 0.15 * (not near)
                        g[block(column, column + 3, row, row + 4)] = light
            x += width + (0 if near else int(rng.integers(0, 9)))

    depth = Y - shore / SIZE
    wave = 0.004 * np.sin(2 * np.pi * depth / (0.012 + 0.10 * np.abs(depth))) * np.clip(depth / 0.05, 0, 1)
    rows, columns = (shore / SIZE - depth) * N - 0.5, (X + wave) * N - 0.5
    mirrored = map_coordinates(g, [np.clip(rows, 0, N - 1), np.clip(columns, 0, N - 1)], order=1)
    ripple = 0.5 + 0.5 * np.sin(2 * np.pi * 38 * Y + 1.5 * np.sin(22 * X))
    water = 0.04 + 0.75 * gaussian_filter(mirrored, (9, 2)) + 0.34 * ripple * glow((0.77, 0.83), (0.045, 0.20))
    return paint(water, gaussian_filter(g, 1.5), step(depth, 0.003))


def block(x0: int, x1: int, y0: int, y1: int) -> tuple[slice, slice]:
    """Return the place of a box given in pixels of the picture."""
    return slice(y0 * OVERSAMPLING, y1 * OVERSAMPLING), slice(max(x0, 0) * OVERSAMPLING, max(x1, 0) * OVERSAMPLING)


def house(g: Grey, tone: float, x: int, width: int, top: int, shore: int, roof: int) -> None:
    """Draw into `g` a house with an aerial, a penthouse, a gable or a flat roof, far ones with haze at the foot."""
    haze = 0.16 * (tone > 0.3) * (Y * SIZE / shore) ** 4 + 0.10 * (0.1 < tone < 0.3) * (Y * SIZE / shore) ** 6
    boxes = [(x, x + width, top, shore)]
    if roof == 0:
        boxes.append((x + width // 2 - 1, x + width // 2 + 1, top - 20, top))
    elif roof == 1:
        boxes.append((x + 5, x + width - 5, top - 8, top))
    elif roof == 2:
        gable = (np.abs(X * SIZE - x - width / 2) < (Y * SIZE - top + 15) * width / 30) & (Y * SIZE < top)
        g[gable] = tone + haze[gable]
    for corners in boxes:
        g[block(*corners)] = tone + haze[block(*corners)]


def galaxy() -> Grey:
    u, v = (X - 0.5) * np.cos(0.5) + (Y - 0.5) * np.sin(0.5), (Y - 0.5) * np.cos(0.5) - (X - 0.5) * np.sin(0.5)
    v = v / 0.72
    r, angle = np.hypot(u, v) + 1e-9, np.arctan2(v, u)
    arms = 0.5 + 0.5 * np.cos(2 * (angle - np.log(r / 0.04) / 0.42) + 0.45 * noise(3, 0.02))
    clouds = np.exp(0.28 * noise(5, 0.010) + 0.16 * noise(6, 0.005))
    disc = np.exp(-r / 0.20) * (0.16 + 0.84 * arms**1.6) * clouds * np.clip(r / 0.05, 0, 1) ** 0.5
    g = 0.03 + 0.95 * disc + 0.85 * np.exp(-((r / 0.055) ** 1.2))
    rng = np.random.default_rng(11)
    for _ in range(110):
        size = rng.uniform(0.0025, 0.0048)
        g = g + rng.uniform(0.15, 0.75) * glow((rng.uniform(0, 1), rng.uniform(0, 1)), (size, size))
    return np.asarray(1 - np.exp(-1.9 * g))


def photo() -> Grey:
    with Image.open(SAMPLES / "grace_hopper.jpg") as image:
        face = image.convert("L").crop((94, 8, 430, 344)).resize((N, N), Image.Resampling.BICUBIC)
    grey = np.asarray(face, np.float64)
    low, high = np.percentile(grey, (0.5, 99.7))
    return np.asarray(np.clip((grey - low) / (high - low), 0, 1))


def terrain() -> Grey:
    with np.load(SAMPLES / "jacksboro_fault_dem.npz") as dem:
        elevation = np.asarray(dem["elevation"], np.float64)
        squeeze = float(np.cos(np.radians((dem["ymin"] + dem["ymax"]) / 2)))  # a degree east is shorter than one north
    top, left, rows = 56, 42, 256
    points = [top + Y * (rows - 1), left + X * (rows - 1) / squeeze]
    heights = map_coordinates(elevation, points, order=3)
    low, high = np.percentile(heights, (0.1, 99.95))
    return np.asarray(np.clip((heights - low) / (high - low), 0, 1) ** 0.85)


# Lettering.


def lettering(text: str, font: Path, width: float, height: float) -> tuple[Grey, Grey]:
    """Return the coverage of a text centred in the square, and the distance from it, negative inside."""
    size = 100.0
    for _ in range(3):
        box = ImageFont.truetype(str(font), size).getbbox(text)
        size *= min(width * N / (box[2] - box[0]), height * N / (box[3] - box[1]))
    face = ImageFont.truetype(str(font), size)
    box = face.getbbox(text)
    image = Image.new("L", (N, N))
    ImageDraw.Draw(image).text(((N - box[2] - box[0]) / 2, (N - box[3] - box[1]) / 2), text, font=face, fill=255)
    cover = np.asarray(image, np.float64) / 255
    away = distance_transform_edt(cover < 0.5) - distance_transform_edt(cover >= 0.5)
    return step(away / N, 0.003), np.asarray(away / N)


def glyph() -> Grey:
    _, d = lettering("ξ", Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "STIXGeneralBol.ttf", 0.74, 0.84)
    bevel = np.sin(np.clip(-d / 0.045, 0, 1) * np.pi / 2)
    ground = dusk() + halo(d, 0.20, 0.035)
    return paint(ground, 0.60 + 0.38 * bevel, step(d))


def text() -> Grey:
    cover, d = lettering("loss", RESOURCES / "fonts" / "Inter-SemiBold.otf", 0.84, 0.5)
    d = gaussian_filter(np.maximum(d, 0), 0.004 * N)
    levels = 0.5 + 0.5 * np.cos(2 * np.pi * d / 0.052)
    return paint(0.06 + 0.42 * levels * np.exp(-d / 0.16), 0.97, cover)


# Ornaments.


def rings() -> Grey:
    r = np.hypot(X - 0.5, Y - 0.5)
    return np.asarray(0.5 + 0.5 * np.cos(2 * np.pi * 7 * r))


def spiral() -> Grey:
    r, angle = np.hypot(X - 0.5, Y - 0.5), np.arctan2(0.5 - Y, X - 0.5)
    arms = 0.5 + 0.5 * np.cos(2 * np.pi * 8 * r - 2 * angle)
    core = 1 - np.exp(-((r / 0.045) ** 2))
    return paint(dusk(0.0, 0.10), 0.10 + (0.88 * arms - 0.30 * r) * core + 0.62 * (1 - core), step(r - 0.455, 0.03))


def truchet() -> Grey:
    tiles = 7
    turned = np.random.default_rng(23).integers(0, 2, (tiles, tiles)).astype(bool)
    column, row = np.minimum((X * tiles).astype(int), tiles - 1), np.minimum((Y * tiles).astype(int), tiles - 1)
    u, v = X * tiles - column, Y * tiles - row
    u = np.where(turned[row, column], 1 - u, u)
    d = np.minimum(np.abs(np.hypot(u, v) - 0.5), np.abs(np.hypot(1 - u, 1 - v) - 0.5)) / tiles
    tube = np.sqrt(np.clip(1 - (d / 0.033) ** 2, 0, 1))
    return paint(0.08 + 0.10 * np.clip((d - 0.033) / 0.03, 0, 1), 0.38 + 0.60 * tube, step(d - 0.033, 0.004))


def waves() -> Grey:
    g = np.zeros((N, N))
    radius = 1 / 6
    for row in range(-1, 16):
        for column in range(-1, 5):
            centre = ((2 * column + row % 2) * radius, (row + 1) * radius / 2)
            r = np.hypot(X - centre[0], Y - centre[1]) / radius
            band = 0.5 + 0.5 * np.cos(2 * np.pi * 3.5 * (1 - r))
            g = paint(g, 0.04 + 0.96 * band * (0.45 + 0.55 * np.clip(r, 0, 1)), step((r - 1) * radius, 0.004))
    return g


def checkerboard() -> Grey:
    squares = 8
    fields = [[(row + column) % 2 for column in range(squares)] for row in range(squares)]
    sharp = np.kron(np.array(fields, np.float64), np.ones((N // squares, N // squares)))
    return np.asarray(gaussian_filter(sharp, 0.0025 * N, mode="nearest"))


# Functions of two variables, as they are drawn in every course on optimisation.


def scaled(low: float, high: float, bottom: float | None = None) -> tuple[Grey, Grey]:
    """Return coordinates that run over [low, high] to the right and, upwards, from `bottom` over the same length."""
    start = low if bottom is None else bottom
    return low + (high - low) * X, start + (high - low) * (1 - Y)


def bowl() -> Grey:
    x, y = scaled(-1, 1)
    u, v = 0.866 * x + 0.5 * y, -0.5 * x + 0.866 * y
    return np.asarray(0.35 * u**2 + v**2)


def saddle() -> Grey:
    x, y = scaled(-1, 1)
    return np.asarray(x * x - y * y)


def rosenbrock() -> Grey:
    x, y = scaled(-2, 2, -1)
    return np.log1p(3 * ((1 - x) ** 2 + 100 * (y - x * x) ** 2))


def himmelblau() -> Grey:
    x, y = scaled(-5.2, 5.2)
    return np.log1p(0.6 * ((x * x + y - 11) ** 2 + (x + y * y - 7) ** 2))


def ackley() -> Grey:
    x, y = scaled(-4.5, 4.5)
    far = -20 * np.exp(-0.2 * np.sqrt((x * x + y * y) / 2))
    return np.asarray(far - np.exp((np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2))


def ripples() -> Grey:
    g = np.zeros((N, N))
    for x, y, amplitude in ((0.30, 0.36, 1.0), (0.72, 0.64, 0.9)):
        r = np.hypot(X - x, Y - y)
        g = g + amplitude * np.cos(2 * np.pi * 11 * r) * np.exp(-r / 0.42)
    return g


GROUPS: dict[str, list[tuple[Callable[[], Grey], str, str]]] = {
    "Pictures": [
        (cat, "Cat", "A tabby kitten, the first pattern of every lecture."),
        (heart, "Heart", "A puffed heart on a dark ground."),
        (smiley, "Smiley", "A laughing face."),
        (star, "Star", "A five-pointed star with folded facets."),
        (mountains, "Mountains", "Four ranges in the mist, a low sun."),
        (skyline, "Skyline", "A town by the water at night."),
        (galaxy, "Galaxy", "Two spiral arms, clouds and stars."),
        (photo, "Photograph", "Grace Hopper, 1984, United States Navy portrait."),
        (terrain, "Terrain", "Measured heights: ridges at the Jacksboro fault, Tennessee."),
    ],
    "Lettering": [
        (glyph, "Glyph", "The letter ξ, bold, with a bevel."),
        (text, "Text", "The word loss among its own level lines."),
    ],
    "Ornaments": [
        (rings, "Rings", "Concentric rings of equal height."),
        (spiral, "Spiral", "A spiral with two arms."),
        (truchet, "Truchet", "Tiles of two quarter circles, turned at random."),
        (waves, "Waves", "Overlapping wave scales."),
        (checkerboard, "Checkerboard", "Eight by eight fields."),
    ],
    "Functions": [
        (bowl, "Bowl", "A quadratic minimum, three times more curved one way."),
        (saddle, "Saddle", "Up along one axis, down along the other."),
        (rosenbrock, "Rosenbrock", "The curved valley, on a logarithmic scale."),
        (himmelblau, "Himmelblau", "Four equal minima, on a logarithmic scale."),
        (ackley, "Ackley", "One deep funnel among many shallow minima."),
        (ripples, "Ripples", "Two circular waves that interfere."),
    ],
}


def finished(heights: Grey) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """Return heights averaged down to the final size and spread over the whole 16-bit range."""
    small = heights.reshape(SIZE, OVERSAMPLING, SIZE, OVERSAMPLING).mean(axis=(1, 3))
    return np.round((small - small.min()) / np.ptp(small) * 65535).astype(np.uint16)


def main(names: list[str]) -> None:
    """Write the named patterns (all without names) and `index.json`."""
    index = []
    for group, entries in GROUPS.items():
        for draw, title, description in entries:
            name = draw.__name__
            index.append({"name": name, "title": title, "description": description, "group": group})
            if not names or name in names:
                Image.fromarray(finished(draw())).save(FOLDER / f"{name}.png", optimize=True)
    (FOLDER / "index.json").write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
