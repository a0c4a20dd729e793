"""Where a surface is looked at from: angles, zoom, shift as the user left them, and the camera they mean for a picture."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lsviewer.gui.views.camera import AZIMUTH, ELEVATION, Camera, Floats, Margins

Angles = tuple[float, float]

LOOKS: dict[str, tuple[str, Angles]] = {
    "free": ("Free", (AZIMUTH, ELEVATION)),
    "top": ("Top", (-90.0, 90.0)),
    "first": ("α₁", (-90.0, 0.0)),
    "second": ("α₂", (0.0, 0.0)),
}
NEAREST, FARTHEST = 20.0, 0.2


@dataclass(slots=True)
class Viewpoint:
    """Changes with mouse and keys.

    Turning keeps the distance of the look it started from: a fit at every angle would let the block swell and shrink.
    """

    usual: Angles = LOOKS["free"][1]  # where one looks from at first, and after a reset
    angles: Angles = field(default=(0.0, 0.0), init=False)
    look: str = "free"  # the look whose distance holds
    zoom: float = 1.0  # > 1 is nearer than fitted
    pan: tuple[float, float] = (0.0, 0.0)  # pixels
    _key: tuple[object, ...] = field(default=(), init=False)
    _fit: Camera = field(default_factory=Camera, init=False)

    def __post_init__(self) -> None:
        self.angles = self.usual

    def camera(self, corners: Floats, width: float, height: float, margins: Margins) -> Camera:
        """Return the camera for a picture in which ``corners`` (n, 3) are seen whole from the look it started from."""
        key = (self.look, corners.tobytes(), width, height, margins)
        if key != self._key:
            self._key = key
            self._fit = Camera(*self._angles_of(self.look)).fitted(corners, width, height, margins)
        azimuth, elevation = self.angles
        camera = replace(self._fit, azimuth=azimuth, elevation=elevation, distance=self._fit.distance / self.zoom)
        right, up, _ = camera.axes()
        scale = camera.pixel_size(width)
        centre = np.asarray(camera.centre) - scale * self.pan[0] * right + scale * self.pan[1] * up
        return replace(camera, centre=tuple(centre.tolist()))

    def turn(self, azimuth: float, elevation: float) -> None:
        """Move around the surface by angles in degrees."""
        turned = Camera(*self.angles).turned(azimuth, elevation)
        self.angles = (turned.azimuth, turned.elevation)

    def move(self, dx: float, dy: float) -> None:
        """Move the picture by pixels."""
        self.pan = (self.pan[0] + dx, self.pan[1] + dy)

    def come_nearer(self, factor: float) -> None:
        """Enlarge the picture ``factor`` times."""
        self.zoom = min(NEAREST, max(FARTHEST, self.zoom * factor))

    def look_from(self, look: str) -> None:
        """Take one of the looks."""
        self.angles, self.look = self._angles_of(look), look

    def reset(self) -> None:
        """Go back to the usual place."""
        self.look_from("free")
        self.zoom, self.pan = 1.0, (0.0, 0.0)

    @property
    def named(self) -> str:
        """The look that stands, "free" where the angles are no other."""
        return next((look for look in LOOKS if self._angles_of(look) == self.angles), "free")

    def _angles_of(self, look: str) -> Angles:
        return self.usual if look == "free" else LOOKS[look][1]

    def state(self) -> dict[str, Any]:
        """Return JSON values."""
        azimuth, elevation = self.angles
        return {"look": self.look, "azimuth": azimuth, "elevation": elevation, "zoom": self.zoom, "pan": list(self.pan)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned, all of it or, where something is unfit, nothing."""
        kept = {**self.state(), **state}
        try:
            azimuth, elevation, zoom = (float(kept[key]) for key in ("azimuth", "elevation", "zoom"))
            pan = (float(kept["pan"][0]), float(kept["pan"][1]))
        except (TypeError, ValueError, LookupError):
            return
        if np.isfinite([azimuth, elevation, zoom, *pan]).all():
            self.angles = (azimuth, min(90.0, max(0.0, elevation)))
            self.look = kept["look"] if kept["look"] in LOOKS else "free"
            self.zoom, self.pan = min(NEAREST, max(FARTHEST, zoom)), pan
