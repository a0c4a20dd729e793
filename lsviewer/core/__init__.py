"""The words: specs, artifacts, claims, jobs, patterns. Frozen values and pure functions on numpy and pydantic.

May import nothing of lsviewer but its own files and ``lsviewer.resources``. No torch, no Qt.
"""
