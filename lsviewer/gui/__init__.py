"""The window: PySide6 and pyqtgraph. torch never comes in here; artifacts are read-only numpy."""
