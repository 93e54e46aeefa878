"""Training: from a data set and a form to a TANN."""

from microtann.training.form import Phase, TrainableForm
from microtann.training.seeds import SeedResult, train_seeds
from microtann.training.train import train
from microtann.training.training_progress import TrainingProgress
from microtann.training.walk_errors import WalkErrors, dataset_errors

__all__ = [
    "Phase",
    "SeedResult",
    "TrainableForm",
    "TrainingProgress",
    "WalkErrors",
    "dataset_errors",
    "train",
    "train_seeds",
]


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
