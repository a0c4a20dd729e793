"""What a form needs to know of a spec class: its fields with their sort, bounds, choices and words. Pure, no widgets."""

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types as at
from pydantic.fields import FieldInfo

from lsviewer.core.spec import Spec

Sort = Literal["whole", "real", "yes_no", "choice", "wholes", "text", "path", "spec"]
SLIDER_SPAN = 1_000_000  # a wider range is typed, not slid
SKIPPED = ("kind",)
TUCKED = ("seed", "device", "dtype")  # behind "More" at the foot of an experiment's form


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a spec as a form shows it."""

    name: str
    title: str
    help: str
    sort: Sort
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    members: tuple[type[Spec], ...] = ()  # for sort "spec": the kinds to choose from
    optional: bool = False  # None is allowed and means "automatic"
    only_when: tuple[tuple[str, Any], ...] = ()
    unit: str = ""
    step: int = 1  # of a whole number: 2 keeps an odd one odd
    tucked: bool = False
    suffixes: tuple[str, ...] = ()
    starts: Mapping[str, Any] = field(
        default_factory=dict
    )  # for sort "spec": what a kind begins with, where not its defaults

    @property
    def slides(self) -> bool:
        """Whether a slider makes sense: both bounds known and not too far apart."""
        if self.low is None or self.high is None or self.high - self.low > SLIDER_SPAN:
            return False
        return self.low > 0 or self.sort == "whole" or self.high <= 10  # from 0 to 100 in powers has no lower end

    @property
    def logarithmic(self) -> bool:
        """Whether the slider runs in powers: positive bounds two decades apart."""
        return self.slides and self.low is not None and self.low > 0 and (self.high or 0) / self.low >= 100

    def blocked_by(self, spec: Spec) -> str:
        """Return why the field does not matter now ("Only when Method is Train."), or ""."""
        for name, wanted in self.only_when:
            if getattr(spec, name) != wanted:
                title = type(spec).model_fields[name].title or name
                return f"Only when {title} is {choice_words(wanted)}."
        return ""


def fields_of(spec: type[Spec]) -> tuple[FormField, ...]:
    """Return the fields of a spec class in the order of the form: as declared, the tucked ones last."""
    found = [_field(name, info) for name, info in spec.model_fields.items() if name not in SKIPPED]
    return tuple(sorted(found, key=lambda field: field.tucked))


def _field(name: str, info: FieldInfo) -> FormField:
    annotation, optional = _without_none(info.annotation)
    extra = _extra(info)
    low, high = _bounds(info)
    sort: Sort
    choices: tuple[Any, ...] = ()
    members: tuple[type[Spec], ...] = ()
    options = get_args(annotation) if _is_union(annotation) else (annotation,)
    if all(isinstance(option, type) and issubclass(option, Spec) for option in options):
        sort, members = "spec", options
    elif get_origin(annotation) is Literal:
        sort, choices = "choice", get_args(annotation)
    elif get_origin(annotation) is tuple:
        sort = "wholes"
    elif "enum" in extra:
        sort, choices = "choice", tuple(extra["enum"])
    elif annotation is bool:
        sort = "yes_no"
    elif annotation is int:
        sort = "whole"
    elif annotation is float:
        sort = "real"
    elif extra.get("format") == "path":
        sort = "path"
    else:
        sort = "text"
    return FormField(
        name=name, title=info.title or name.replace("_", " ").capitalize(), help=info.description or "", sort=sort, low=low,
        high=high, choices=choices, members=members, optional=optional, unit=str(extra.get("unit", "")),
        step=int(extra.get("step", 1)) if sort == "whole" else 1,
        only_when=tuple(extra.get("only_when", {}).items()), tucked=name in TUCKED or bool(extra.get("advanced")),
        suffixes=tuple(extra.get("suffixes", ())), starts=extra.get("starts", {}),
    )  # fmt: skip


def _extra(info: FieldInfo) -> dict[str, Any]:
    """Return what a field says beyond its type, as its JSON schema would have it."""
    said: dict[str, Any] = {}
    if callable(info.json_schema_extra):
        info.json_schema_extra(said)
    elif info.json_schema_extra is not None:
        said.update(info.json_schema_extra)
    return said


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if _is_union(annotation):
        options = get_args(annotation)
        if type(None) in options:
            rest = tuple(option for option in options if option is not type(None))
            return (rest[0] if len(rest) == 1 else Union[rest]), True  # noqa: UP007 - built from a tuple at run time
    return annotation, False


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _bounds(info: FieldInfo) -> tuple[float | None, float | None]:
    low = high = None
    for rule in info.metadata:
        if isinstance(rule, at.Ge):
            low = float(rule.ge)  # type: ignore[arg-type]
        elif isinstance(rule, at.Gt):
            low = float(rule.gt)  # type: ignore[arg-type]
        elif isinstance(rule, at.Le):
            high = float(rule.le)  # type: ignore[arg-type]
        elif isinstance(rule, at.Lt):
            high = float(rule.lt)  # type: ignore[arg-type]
    return low, high


def spec_words(value: Spec) -> str:
    """Return a chosen spec as a user reads it: its own label where it says more than its kind."""
    kind = str(getattr(value, "kind", ""))
    return kind_words(type(value)) if value.label == kind.replace("_", " ") else value.label


def choice_words(choice: object) -> str:
    """Return a choice as a segment or an item says it: ``construct`` -> ``Construct``; names such as ``float32`` stay."""
    if str(choice) in _KIND_WORDS:
        found = _KIND_WORDS[str(choice)]
        return found[:1].upper() + found[1:]
    words = str(choice).replace("_", " ")
    return words if any(letter.isdigit() for letter in words) else words[:1].upper() + words[1:]


def kind_words(member: type[Spec]) -> str:
    """Return a kind as a user reads it: ``cross_entropy`` -> ``cross-entropy``, ``mnist_small`` -> ``MNIST, small``."""
    kind = str(member.model_fields["kind"].default)
    return _KIND_WORDS.get(kind, kind.replace("_", " "))


_KIND_WORDS = {
    "cross_entropy": "cross-entropy", "mnist_small": "MNIST, small", "mnist": "MNIST", "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10", "npz": "own .npz file", "csv": "own .csv file", "pseudo_huber": "pseudo-Huber", "cauchy": "Cauchy",
    "leaky_relu": "leaky ReLU", "relu": "ReLU", "gelu": "GELU", "silu": "SiLU", "mlp": "MLP", "cnn": "CNN", "sgd": "SGD",
    "adam": "Adam", "eq12": "Eq. 12",
}  # fmt: skip
