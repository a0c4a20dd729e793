"""What the units of the networks of Theorems 1 and 2 compute, in words and formulas: the parts of their diagrams.

Names and formulas are those of `construction`, `slices`, `tables`, `gated` and `joint`; roles are measured in `wiring`.
"""

from dataclasses import replace

from lsviewer.core.artifacts import Checkpoint, Role
from lsviewer.engine.losses import CrossEntropy
from lsviewer.experiments.patterns import gated, tables
from lsviewer.experiments.patterns.construction import STAGES, Plan, Variant
from lsviewer.experiments.patterns.placement import Placement
from lsviewer.experiments.patterns.wiring import Part

FIXED: tuple[Role, ...] = ("fixed",)
PATTERN: tuple[Role, ...] = ("pattern",)
TASK: tuple[Role, ...] = ("task",)
BOTH: tuple[Role, ...] = ("pattern", "task")
SIGNS = ("α₁", "α₂", "α₃")
SUBSCRIPTS = ("₁", "₂", "₃")
OUTPUTS = "p = base + rise · value, so that σ(p) = T + a"


def of_plan(plan: Plan, outputs: int) -> list[Part]:
    """Return the parts of a network planted in closed form by Theorem 1."""
    parts = []
    for layer in range(1, plan.first + 1):
        weights = "0" if layer == 1 else "1"
        parts.append(Part(layer, "s", plan.z, FIXED, weights, "sᵢ = (G − 1) αᵢ", "Carries the coordinates on."))
    parts += of_stages(plan.z, plan.grid, plan.variant, plan.first + 1)
    end = plan.first + len(plan.stages)
    weights, reads = _reader(plan.z, plan.variant)
    for layer in range(end + 1, plan.depth + 1):
        first = layer == end + 1
        parts.append(
            Part(layer, "value", 1, reads if first else FIXED, weights if first else "1",
                 _value(plan) if first else "value", "The pattern, from 0 to 1." if first else "Carries the value on.")
        )  # fmt: skip
    return [*parts, Part(plan.depth + 1, "outputs", outputs, PATTERN, "σ⁻¹", OUTPUTS)]


def placed(parts: list[Part], placement: Placement) -> list[Part]:
    """Return the parts of the whole network around those of the one that is planted or trained."""
    carrying, below = placement.carrier.layer, placement.carrier.layer - 1
    found = [
        Part(layer, "initialised", placement.network.hidden[layer - 1], FIXED, "random", "relu(W h + b)",
             "An ordinary initialised layer; no weight above the next one reads it.")
        for layer in range(1, below + 1)
    ]  # fmt: skip
    first = [part for part in parts if part.layer == 1]
    others = [replace(part, layer=part.layer + placement.skipped) for part in parts if part.layer > 1]
    if placement.frame is not None:
        places = placement.mixed_units()
        note = "c lifts it above 0; Q is orthogonal, so that each block of units knows all coordinates."
        mixed = Part(carrying, "mixed α", len(places), FIXED, "0", "h = c + (G − 1) Q α", note, members=places)
        read = "α is read off the mixed units."
        first = [replace(part, layer=carrying + 1, weights="Qᵀ", note=read) for part in first]
        return [*found, mixed, *first, *others]
    count = sum(part.units for part in first)
    places = tuple(
        placement.carrier.places(count, placement.network.hidden[below], placement.context.generator("units")).tolist()
    )
    for part in first:
        found.append(replace(part, layer=carrying, members=places[: part.units]))
        places = places[part.units :]
    return [*found, *others]


def of_stages(z: int, grid: int, variant: Variant, layer: int) -> list[Part]:
    """Return the parts of knots, hats, gates and joints, the knots in hidden layer ``layer``."""
    parts = []
    for k, stage in enumerate(STAGES[z, variant]):
        parts += _stage(stage, z, grid, variant, layer + k)
    return parts


def _stage(stage: str, z: int, grid: int, variant: Variant, layer: int) -> list[Part]:
    heights = "T" if variant == "accurate" else "Δ²T"
    match stage:
        case "knots":
            weights = "0" if layer == 1 else "1"
            return [
                Part(layer, f"knots {SIGNS[axis]}", grid, FIXED, weights,
                     f"rⱼ = relu(s{SUBSCRIPTS[axis]} − j), j = −1 … {grid - 2}", "s = (G − 1) α enters by the biases."
                     if layer == 1 else "s comes from the layer below.")
                for axis in range(z)
            ]  # fmt: skip
        case "hats":
            formula = "hatᵢ = rᵢ₋₁ − 2 rᵢ + rᵢ₊₁"
            note = "1 at grid point i, 0 at all others, straight between."
            return [Part(layer, f"hats {SIGNS[axis]}", grid, FIXED, "1, −2, 1", formula, note) for axis in range(z)]
        case "gates" if z == 2:
            return [
                Part(layer, "gates L", grid, PATTERN, heights, "Lᵢ = relu(hatᵢ(s₁) + tᵢ − 1), tᵢ = Σⱼ Tᵢⱼ hatⱼ(s₂)",
                     "The heights T are the weights."),
                Part(layer, "gates M", grid, PATTERN, heights, "Mᵢ = relu(hatᵢ(s₁) − tᵢ)",
                     "L alone would leave dark lines between the rows."),
            ]  # fmt: skip
        case "gates":
            return [
                Part(layer, "gates L", grid**2, PATTERN, heights, "Lᵢⱼ = relu(hatⱼ(s₂) + tᵢⱼ(s₃) − 1)",
                     "tᵢⱼ = Σₖ Tᵢⱼₖ hatₖ(s₃): every slice as a pattern with two axes."),
                Part(layer, "gates M", grid**2, PATTERN, heights, "Mᵢⱼ = relu(hatⱼ(s₂) − tᵢⱼ(s₃))"),
                Part(layer, "hats α₁", grid, FIXED, "1", "hatᵢ(s₁)", "Carried on to the joints."),
            ]  # fmt: skip
    return [
        Part(layer, "joints A", grid, FIXED, "½ −½", "Aᵢ = relu(hatᵢ(s₁) + Sᵢ − 1)", "Sᵢ is the value of slice i."),
        Part(layer, "joints B", grid, FIXED, "½ −½", "Bᵢ = relu(hatᵢ(s₁) − Sᵢ)"),
    ]


def _value(plan: Plan) -> str:
    if plan.z == 1:
        return "value = Σᵢ Tᵢ hatᵢ"
    letters = "LM" if plan.z == 2 else "AB"
    return f"value = ½ Σ {letters[0]}ᵢ + ½ (1 − Σ {letters[1]}ᵢ)"


def _reader(z: int, variant: Variant) -> tuple[str, tuple[Role, ...]]:
    """Return the weights that read the value off the last stage, and what they hold."""
    if z > 1:
        return "½ −½", FIXED
    return ("T" if variant == "accurate" else "Δ²T"), PATTERN


def of_tables(layout: tables.Layout, outputs: int) -> list[Part]:
    """Return the parts of a network trained for Theorem 1; knots and hats are not trained."""
    knots = "one knot a unit, the same spacing on every axis"
    parts = [Part(1, f"knots {SIGNS[axis]}", layout.knots, FIXED, "0", knots) for axis in range(layout.z)]
    if layout.hats:
        hats = [
            Part(2, f"hats {SIGNS[axis]}", layout.knots, FIXED, "F⁻¹", "1 at its own knot, 0 at all others")
            for axis in range(layout.z)
        ]
        parts += hats
    layer = 3 if layout.hats else 2
    formula = " + ".join(f"{letter}[{index}]" for letter, index in list(zip("UVW", "ijk"))[: layout.z])
    note = "One table a unit and axis." if layout.hats else "Tables, folded onto the knots: F⁻¹U."
    parts.append(Part(layer, "tables", layout.tables, PATTERN, "trained", formula, note, trained=True))
    for k, units in enumerate(layout.dense):
        parts.append(Part(layer + 1 + k, "dense", units, PATTERN, "trained", "W h + b", trained=True))
    out = layer + 1 + len(layout.dense)
    return [*parts, Part(out, "outputs", outputs, PATTERN, "trained", OUTPUTS, trained=True)]


def of_gates(layout: gated.Layout, z: int, grid: int, loss: object, outputs: int) -> list[Part]:
    """Return the parts of a network planted by Theorem 2: in every layer the units on h, then those on x."""
    entropy = isinstance(loss, CrossEntropy)
    bank = of_stages(z, grid, layout.variant, 1)
    weights, reads = _reader(z, layout.variant)
    for k, layer in enumerate(range(len(STAGES[z, layout.variant]) + 1, layout.mix + 1)):
        note = "The number that carries h, scaled to [0, 1]."
        bank.append(Part(layer, "value", 1, FIXED if k else reads, "1" if k else weights, "value", note))
    answer = "a_c = relu(1 − u_c(φ))"
    task = [
        Part(1, "features φ", layout.features, FIXED, "random", "φ(x) = relu(W x + b)", "Drawn once, never trained."),
        Part(2, "answers", layout.units, TASK, "found", answer,
             "0 for the class of a training sample, at least 1 for every other." if entropy else "Reads the answer y off φ."),
    ]  # fmt: skip
    for layer in range(3, layout.mix + 1):
        task.append(Part(layer, "answers", layout.units, FIXED, "1", "a_c", "Carried on."))
    above = _mixed(
        layout, entropy, *(("1", FIXED) if len(STAGES[z, layout.variant]) < layout.mix else (weights, reads))
    )
    for layer in range(layout.mix + 2, layout.depth + 1):
        above.append(Part(layer, "carried on", layout.over, FIXED, "1", "relu passes what is not negative"))
    last = (
        Part(layout.depth + 1, "outputs", outputs, FIXED, "1", "p = q(h, φ(x)) ≈ ℓᵢ⁻¹(T(h))")
        if entropy
        else Part(layout.depth + 1, "outputs", outputs, PATTERN, "√T", "p = y + √T(h) e₀")
    )
    return sorted([*bank, *task, *above, last], key=lambda part: part.layer)


def _mixed(layout: gated.Layout, entropy: bool, weights: str, reads: tuple[Role, ...]) -> list[Part]:
    """Return the parts of the mixing layer; ``weights`` and ``reads`` are how the value is read off the bank below."""
    layer = layout.mix + 1
    if entropy:
        return [
            Part(layer, "logits", layout.over, PATTERN, "c−Ma", "relu(c(h) − M a_c(x)), c = log((m − 1) / (eᵀ − 1))",
                 "Pattern and task meet: the class of a training sample has the logit c, every other one 0.")
        ]  # fmt: skip
    return [
        Part(layer, "√T", 1, reads, weights, "√T(h), scaled to [0, 1]"),
        Part(layer, "answers", layout.units, FIXED, "±1", "the answer y"),
    ]


def of_joint(checkpoint: Checkpoint) -> list[Part]:
    """Return the parts of a network trained on pairs (h, x): a fixed first layer, everything above trained."""
    widths = [len(value) for key, value in checkpoint.params.items() if key.endswith(".bias")]
    carried = [int((direction["0.bias"] != 0).sum()) for direction in checkpoint.directions]
    parts = [
        Part(1, f"knots {SIGNS[axis]}", units, FIXED, "0", "one knot a unit") for axis, units in enumerate(carried)
    ]
    features = widths[0] - sum(carried)
    parts.append(Part(1, "features φ", features, FIXED, "random", "φ(x)", "Drawn once, never trained."))
    for layer, units in enumerate(widths[1:], start=2):
        last = layer == len(widths)
        formula = "p = q(h, φ(x)) ≈ ℓᵢ⁻¹(T(h))" if last else "W h + b"
        parts.append(Part(layer, "outputs" if last else "dense", units, BOTH, "trained", formula, trained=True))
    return parts
