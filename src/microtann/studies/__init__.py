"""Studies: questions that many runs answer, each a function that leaves a folder of results.

How many internal state variables, how much data, which hyper-parameters, what two models have in common, and what
a structure will cost; jobs and variants of them. The commands ``microtann study``, ``tune``, ``cost`` and
``simulate`` call these very functions.
"""

from microtann.evaluation.exact_reference import ExactReference
from microtann.studies.amount_of_data import study_increments
from microtann.studies.cost import forecast_cost
from microtann.studies.hyperparameters import search_hyperparameters
from microtann.studies.job_cost import forecast_job_cost
from microtann.studies.job_forecast import forecast_job
from microtann.studies.job_run import simulate_job
from microtann.studies.job_variants import study_variants
from microtann.studies.latent_spaces import compare_latent_spaces, study_latent_spaces
from microtann.studies.number_of_states import propose_states, study_states
from microtann.studies.trials import Choices, Interval

__all__ = [
    "Choices",
    "ExactReference",
    "Interval",
    "compare_latent_spaces",
    "forecast_cost",
    "forecast_job",
    "forecast_job_cost",
    "propose_states",
    "search_hyperparameters",
    "simulate_job",
    "study_increments",
    "study_latent_spaces",
    "study_states",
    "study_variants",
]


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
