"""Training: from a data set and a form to a TANN."""

from microtann.training.form import Phase, TrainableForm
from microtann.training.seeds import SeedResult, train_seeds
from microtann.training.train import Progress, train

__all__ = ["Phase", "Progress", "SeedResult", "TrainableForm", "train", "train_seeds"]
