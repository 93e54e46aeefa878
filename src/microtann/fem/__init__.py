"""Finite elements with any material at the Gauss points."""

from microtann.fem.exact import ExactCell
from microtann.fem.material import Material, State

__all__ = ["ExactCell", "Material", "State"]
