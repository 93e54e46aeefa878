"""The cases of a trial, one after the other, each with a seed of its own."""

from __future__ import annotations

import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import numpy as np
from tests.campaign.trial import BrokenPromiseError, Trial


def run_trial(kind: type[Trial], seed: int, cases: int, verbose: bool = False) -> int:
    """Run the cases ``seed`` to ``seed + cases - 1``, print what broke, and return how many did."""
    start, broken = time.perf_counter(), 0
    print(f"{kind.name}: {cases} cases from seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="microtann-campaign-") as place:
        shared = Path(place) / "shared"
        shared.mkdir()
        trial = kind(shared)
        for number in range(seed, seed + cases):
            folder = Path(place) / f"case-{number}"
            folder.mkdir()
            if verbose:
                print(f"  {number}: ", end="", flush=True)
            try:
                with _deadline(kind.seconds):
                    what = trial.run(np.random.default_rng(number), folder)
            except Exception as error:
                broken += 1
                _tell(kind, number, error, place)
            else:
                if verbose:
                    print(what, flush=True)
    verdict = f"{broken} BROKEN" if broken else "all kept"
    print(f"{kind.name}: {verdict} in {time.perf_counter() - start:.0f} s", flush=True)
    return broken


def _tell(kind: type[Trial], number: int, error: Exception, place: str) -> None:
    print(f"BROKEN; repeat it with: python -m tests.campaign {kind.name} --seed {number} --cases 1 --verbose")
    known = isinstance(error, BrokenPromiseError)
    text = (
        "\n".join([str(error), *getattr(error, "__notes__", [])])
        if known
        else "".join(traceback.format_exception(error)[-6:])
    )
    print("  " + text.replace(place, "…").strip().replace("\n", "\n  "), flush=True)


@contextmanager
def _deadline(seconds: int) -> Iterator[None]:
    """Raise in a case that takes too long."""

    def stop(_: int, frame: FrameType | None) -> None:
        raise BrokenPromiseError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
