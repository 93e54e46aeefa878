"""Choices that a person makes: frozen dataclasses that pydantic checks, with a sentence for what is wrong.

A range is written in the type, and holds from Python and from a file alike::

    @configuration
    class Choices:
        paths: Annotated[int, Field(ge=1)] = 300

"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar, dataclass_transform

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
        Class with annotated fields; the "Parameters" section of its docstring says what they mean. Sequences
        are tuples.

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
    return made


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
