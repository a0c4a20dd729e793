"""Numbers in sentences: a real minus, and powers of ten with superscripts instead of 1e-27."""

import math

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def num(value: float, digits: int = 2) -> str:
    """Return a number with so many significant digits: ``0.25``, ``9.9 × 10⁻²⁷``, ``10⁻¹⁸``."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "not a number"
    if value == 0.0 or 1e-3 <= abs(value) < 1e5:
        text = f"{value:.{digits}g}"
        return (f"{value:.0f}" if "e" in text else text).replace("-", "−")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return {"1": power, "-1": f"−{power}"}.get(mantissa, f"{mantissa.replace('-', '−')} × {power}")


def lowered(index: int) -> str:
    """Return an index for titles, which know no markup: ``₁₂``."""
    return str(index).translate(SUBSCRIPTS)
