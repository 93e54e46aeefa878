"""Train the models shipped with the package again, from their seeds, and say how good they are.

Run ``make model``, or ``python scripts/train_shipped_models.py NAME`` for one model.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import microtann as mt
from microtann.data.generate import generate
from microtann.data.walks import WalkPlan
from microtann.evaluation.recall import evaluate
from microtann.forms import Play
from microtann.training import Progress, train

MODELS = Path(mt.__file__).parent / "models"
RECIPES = {"cube-play": (mt.cube_cell(), mt.ElastoplasticBar(), WalkPlan(paths=400), Play())}


def main() -> None:
    """Train every model named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(RECIPES), metavar="NAME", help=", ".join(RECIPES))
    names = parser.parse_args().names
    unknown = sorted(set(names) - set(RECIPES))
    if unknown:
        parser.error(f"unknown model {unknown[0]!r}: choose from {', '.join(RECIPES)}")
    for name in names:
        cell, bar, plan, form = RECIPES[name]
        start = time.process_time()
        print(f"{name}: {plan.increments} increments of {cell.distinct_bars.count} distinct bars")
        tann = train(generate(cell, bar, plan), form, report)
        tann.save(MODELS / f"{name}.safetensors")
        print(f"{name}: {tann.states} internal state variables, {time.process_time() - start:.0f} CPU s")
        for path, errors in evaluate(tann).paths.items():
            print(f"  path {path}: stress {errors.stress:.1e}, violations {errors.violations}")


def report(progress: Progress) -> None:
    """Print a line every thousand updates."""
    if progress.update % 1000 == 0:
        print(f"  {progress.phase} {progress.update}: loss {progress.training:.2e} / {progress.validation:.2e}")


if __name__ == "__main__":
    main()
