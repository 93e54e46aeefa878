"""``python -m tests.campaign [TRIAL] [--seed N] [--cases N]``: run the campaign, or one class of it."""

from __future__ import annotations

import argparse
import faulthandler
import resource
import secrets
import sys
import warnings

from tests.campaign.campaign import run_trial
from tests.campaign.cells import Cells
from tests.campaign.configurations import Configurations
from tests.campaign.decks import Decks
from tests.campaign.files import Files
from tests.campaign.kills import Kills
from tests.campaign.limits import Limits
from tests.campaign.listings import Listings
from tests.campaign.meshes import Meshes
from tests.campaign.motions import Motions

MEMORY = 16 * 2**30
"""Bytes that the campaign may take: a size without bound ends in an error, not in a full machine."""
TRIALS = {
    trial.name: trial for trial in (Files, Configurations, Cells, Listings, Meshes, Decks, Motions, Limits, Kills)
}


def main() -> int:
    """Run what the command line asks for; the exit code is 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("trial", nargs="?", choices=TRIALS, help="class of faults; all by default")
    parser.add_argument("--seed", type=int, help="seed of the first case; random by default")
    parser.add_argument("--cases", type=int, help="number of cases; by default a few minutes for all classes")
    parser.add_argument("--verbose", action="store_true", help="tell every case as it runs")
    chosen = parser.parse_args()
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    warnings.filterwarnings("error", category=RuntimeWarning)  # as in the tests: NumPy's are mistakes
    seed = secrets.randbelow(10**6) if chosen.seed is None else chosen.seed
    trials = [TRIALS[chosen.trial]] if chosen.trial else list(TRIALS.values())
    counts = [run_trial(t, seed, chosen.cases or t.cases, chosen.verbose) for t in trials]
    return int(any(counts))


if __name__ == "__main__":
    sys.exit(main())
