"""Thermodynamics-based artificial neural networks: reduction, energy, evolution, and the trained model."""

from microtann.tann.library import load
from microtann.tann.model import TANN, Recall

__all__ = ["TANN", "Recall", "load"]
