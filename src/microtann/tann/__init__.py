"""Thermodynamics-based artificial neural networks: reduction, energy, evolution, and the trained model."""

from microtann.tann.recall import Recall
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN

__all__ = ["TANN", "Recall", "load"]
