"""The classical TANN: its internal state variables are given (paper, Section III.A)."""

from microtann.forms.classical.form import Classical

__all__ = ["Classical"]
