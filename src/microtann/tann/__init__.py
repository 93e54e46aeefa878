"""Thermodynamics-based artificial neural networks: reduction, energy, evolution, and the trained model."""

from microtann.tann.model import TANN
from microtann.tann.recall import Recall
from microtann.tann.shipped import load

__all__ = ["TANN", "Recall", "load"]
