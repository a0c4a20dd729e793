"""The colours of the roles in a diagram, near those of figure 2 of Czarnecki et al. 2019 and told apart by the colour-blind.

A role is never said by colour alone: its word stands beside every block, what is unaffected is hatched and dashed as well.
"""

from lsviewer.core.artifacts import Role

LIGHT: dict[Role, str] = {
    "task": "#1F6FB2", "pattern": "#0B7A55", "loss": "#B0457E", "fixed": "#1A1F27", "unaffected": "#646D7B",
    "global minimum": "#C0392B",
}  # fmt: skip
DARK: dict[Role, str] = {
    "task": "#6DB3F2", "pattern": "#4FCFA0", "loss": "#F09AC3", "fixed": "#E6E9EE", "unaffected": "#8D96A4",
    "global minimum": "#FF7D6B",
}  # fmt: skip


def colour_of(role: Role, *, dark: bool) -> str:
    """Return the colour of a role as ``#RRGGBB``, at least 4.5 : 1 against the panel."""
    return (DARK if dark else LIGHT)[role]


def words_of(roles: tuple[Role, ...]) -> str:
    """Return the roles of a block in words: ``pattern + task``."""
    return " + ".join(roles)
