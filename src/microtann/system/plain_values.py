"""Values as JSON knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_jsonable_python


def plain_values(value: object) -> Any:
    """Return dataclasses and mappings as dictionaries, and arrays as lists.

    JSON has no infinity and no NaN: they become None.

    Parameters
    ----------
    value : dataclass, mapping, array or plain value
        And whatever is made of these.
    """
    return to_jsonable_python(value, inf_nan_mode="null", fallback=_of_other)


def _of_other(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value.tolist()
