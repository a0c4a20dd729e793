"""Render the lsviewer mark from its two SVG files to PNG, 16 to 512 px.

Run `python scripts/draw_icons.py` after editing `lsviewer/resources/icons/**/*.svg`. Below 24 px the three lines of the
mark run together, so those sizes come from a simpler drawing in `icons/small`.
"""

import os
import sys
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).resolve().parents[1] / "lsviewer" / "resources" / "icons"
SIZES = (16, 20, 24, 32, 48, 64, 128, 256, 512)
SMALL_BELOW = 24
OVERSAMPLING = 4


def rendered(svg: Path, size: int) -> QImage:
    """Return the drawing as a `size` by `size` image with a clear background."""
    renderer = QSvgRenderer(str(svg))
    if not renderer.isValid():
        raise ValueError(f"{svg} is not a readable SVG")
    image = QImage(OVERSAMPLING * size, OVERSAMPLING * size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    smooth = Qt.TransformationMode.SmoothTransformation
    return image.scaled(size, size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)


def main() -> None:
    """Write `NAME-SIZE.png` beside every `NAME.svg`."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication(sys.argv)
    for svg in sorted(ICONS.glob("*.svg")):
        for size in SIZES:
            source = ICONS / "small" / svg.name if size < SMALL_BELOW else svg
            target = svg.with_name(f"{svg.stem}-{size}.png")
            if not rendered(source, size).save(str(target)):
                raise OSError(f"could not write {target}")
    app.quit()


if __name__ == "__main__":
    main()
