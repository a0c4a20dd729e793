"""The window: PySide6 alone. torch never comes in here; artifacts are read-only numpy."""
