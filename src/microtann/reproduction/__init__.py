"""Sections IV and V of the paper again: figures and tables beside its claims, which `claims.toml` holds.

The command ``microtann reproduce`` calls these functions.
"""

from microtann.reproduction.published import PUBLISHED
from microtann.reproduction.section4 import reproduce_section4
from microtann.reproduction.section5 import reproduce_section5

__all__ = ["PUBLISHED", "reproduce_section4", "reproduce_section5"]


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
