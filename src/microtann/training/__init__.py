"""Training: from a data set to a TANN."""

from microtann.training.configuration import TrainingConfig
from microtann.training.train import Progress, train

__all__ = ["Progress", "TrainingConfig", "train"]
