"""lsviewer: draw any pattern and find it in the loss surface of a real network; look, check, save, export."""

__version__ = "0.1.0"
