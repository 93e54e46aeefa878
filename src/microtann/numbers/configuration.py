"""Choices that a person makes: frozen dataclasses that pydantic checks, with a sentence for what is wrong.

A range and the meaning are written in the type, and hold from Python and from a file alike; docstrings and the
help of the command line take the meaning from there::

    @configuration
    class Choices:
        paths: Annotated[int, Field(ge=1, description="Number of walks.")] = 300

"""

from __future__ import annotations

import difflib
import functools
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from inspect import cleandoc, get_annotations
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin

from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass
from pydantic_core import ErrorDetails

from microtann.errors import ConfigurationError

T = TypeVar("T")
_RULES = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
_WANTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "finite_number": "finite",
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "tuple_type": "a list such as [1, 2]",
    "list_type": "a list such as [1, 2]",
    "dict_type": "a table of keys and values",
    "missing": "a longer list",
    "too_long": "a list of {max_length} values",
    "too_short": "a list of at least {min_length} values",
    "literal_error": "one of {expected}",
    "greater_than_equal": "at least {ge}",
    "greater_than": "larger than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
}
"""What is allowed, by pydantic's type of an error; a type that is not listed says it in pydantic's words."""


class WrongValueError(ConfigurationError):
    """A value of a configuration that is not allowed.

    Parameters
    ----------
    owner : str
        The class.
    key : str
        The field.
    reason : str
        What is allowed and what was got: "must be at least 1, got 0".
    """

    def __init__(self, owner: str, key: str, reason: str) -> None:
        super().__init__(f"{owner}.{key} {reason}")
        self.key = key
        self.reason = reason


@dataclass_transform(frozen_default=True)
def configuration(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass whose fields are checked when an instance is made.

    Types are strict: an integer serves as a number, but true and false do not, and neither do nan and inf. The
    class may check in ``__post_init__`` what concerns several fields, and raise a `ConfigurationError`.

    Parameters
    ----------
    cls : type
        Class with annotated fields, ``Field(description=...)`` of which says what they mean: it becomes the
        "Parameters" of the docstring. Sequences are tuples.

    Returns
    -------
    type
        Its constructor raises `ConfigurationError`, with one sentence that names the field, what is allowed
        and what was got.

    Examples
    --------
    >>> from microtann.data.walks import WalkPlan
    >>> WalkPlan(paths=0)
    Traceback (most recent call last):
        ...
    microtann.numbers.configuration.WrongValueError: WalkPlan.paths must be at least 1, got 0
    """
    made: Any = checked_dataclass(frozen=True, config=_RULES)(cls)
    construct = made.__init__

    @functools.wraps(construct)
    def check(self: Any, *args: Any, **values: Any) -> None:
        try:
            construct(self, *args, **values)
        except ValidationError as error:
            raise _explain(made, error) from None

    made.__init__ = check
    made.__doc__ = _documented(made)
    return made


def descriptions(kind: type[Any]) -> dict[str, str]:
    """Return what every field of a configuration means, for those that say it; choices are listed."""
    meanings = {}
    for name, field in kind.__pydantic_fields__.items():
        if field.description:
            options = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
            listed = ", ".join(f'"{option}"' for option in options if option != "")
            meanings[name] = field.description + (f" One of {listed}." if listed else "")
    return meanings


def defaults(kind: type[Any]) -> dict[str, Any]:
    """Return the default of every field that has one, as plain values."""
    table = {}
    for f in fields(kind):
        if f.default is not MISSING:
            table[f.name] = plain(f.default)
        elif f.default_factory is not MISSING:
            table[f.name] = plain(f.default_factory())
    return table


def to_table(configuration: Any) -> dict[str, Any]:
    """Return a configuration as plain values for TOML and JSON."""
    return {f.name: plain(getattr(configuration, f.name)) for f in fields(configuration) if f.init}


def plain(value: Any) -> Any:
    """Return a value with lists in place of tuples and arrays, as TOML and JSON have them."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _documented(kind: type[Any]) -> str:
    """Return the docstring of a configuration with the "Parameters" that its own fields describe."""
    own = get_annotations(kind)
    lines = []
    for name, field in kind.__pydantic_fields__.items():
        if name in own and field.description:
            lines.append(f"{name} : {_named(field.annotation)}")
            lines.append(textwrap.indent(textwrap.fill(field.description, 100), "    "))
    text = cleandoc(kind.__doc__ or "")
    if not lines or "Parameters\n---" in text:
        return text
    section = "\n".join(["Parameters", "----------", *lines])
    above, line, below = text.partition("\n----")
    if not line:
        return f"{text}\n\n{section}\n"
    above, _, title = above.rpartition("\n")
    return f"{above.rstrip()}\n\n{section}\n\n{title}{line}{below}\n"


def _named(annotation: Any) -> str:
    """Return how a docstring names a type."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "{" + ", ".join(f'"{value}"' for value in inner if value != "") + "}"
    if origin in (Union, UnionType):
        names = dict.fromkeys(_named(kind) for kind in inner if kind is not NoneType)
        return " or ".join(names) + (", optional" if NoneType in inner else "")
    if origin is tuple:
        return "tuple of " + " or ".join(dict.fromkeys(_named(kind) for kind in inner if kind is not Ellipsis))
    if hasattr(annotation, "__metadata__"):
        return _named(inner[0])
    return getattr(annotation, "__name__", str(annotation))


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the question whether the most similar of the known names was meant; empty if none is similar."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}? " if close else ""


def _explain(kind: type[Any], error: ValidationError) -> ConfigurationError:
    """Return the first failure of a validation as an error of ours."""
    details = error.errors(include_url=False)
    first = details[0]
    if first["type"] == "value_error":
        cause = first["ctx"]["error"]
        # a check of several fields has no place of its own
        if not first["loc"]:
            return cause if isinstance(cause, ConfigurationError) else ConfigurationError(str(cause))
    key = str(first["loc"][0]) if first["loc"] else ""
    names = [f.name for f in fields(kind) if f.init]
    if first["type"] == "unexpected_keyword_argument":
        listed = ", ".join(names)
        return ConfigurationError(
            f"unknown key {key!r} of {kind.__name__}: {nearest(key, names)}the keys are {listed}"
        )
    if key not in names:
        return ConfigurationError(f"{kind.__name__}: {_lower(first['msg'])}")
    if first["type"] == "missing" and len(first["loc"]) == 1:
        return ConfigurationError(f"{kind.__name__}.{key} must be given")
    # of a value that may be of several types, the failure inside a list says more than that it is no number
    deepest = max((d for d in details if d["loc"][0] == key), key=lambda d: len(d["loc"]))
    return WrongValueError(kind.__name__, key, _reason(deepest))


def _reason(detail: ErrorDetails) -> str:
    """Return what is allowed, what was got and, inside a list, where."""
    context: Mapping[str, Any] = detail.get("ctx", {})
    kind, value = detail["type"], detail["input"]
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        context = {"expected": context["expected"].replace(" or ", ", ")}
    wanted = _WANTED[kind].format(**context) if kind in _WANTED else ""
    must = f"must be {wanted}" if wanted else _lower(detail["msg"]).replace("input should", "must", 1)
    place = detail["loc"][-1]
    where = f" as value {place + 1}" if isinstance(place, int) and kind != "missing" else ""
    return f"{must}, got {list(value) if isinstance(value, tuple) else value!r}{where}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
