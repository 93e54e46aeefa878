"""Training: from a data set and a form to a TANN."""

from microtann.training.form import Phase, TrainableForm
from microtann.training.train import Progress, train

__all__ = ["Phase", "Progress", "TrainableForm", "train"]
