"""Train the models shipped with the package again, from their seeds, and write their cards.

Run ``make model``, or ``python scripts/train_shipped_models.py NAME`` for one model; with ``--protocol`` nothing
is trained, and the cards of the models that are there get their errors on the protocol again. Sizes and
hyper-parameters were chosen on validation walks; the protocol and the test walks only go into the card.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.whole_walks import strain_paths
from microtann.evaluation.closed_loop import evaluate
from microtann.forms import Play, Published, Residual, Variational
from microtann.tann.card import HELD_OUT, ModelCard, read_card, write_card
from microtann.tann.trained_model import TANN
from microtann.training import TrainingProgress, train
from microtann.training.form import TrainableForm

MODELS = Path(mt.__file__).parent / "models"
VERSIONS = ("microtann", "numpy", "scipy", "numba", "jax")
REACH = 1.3
"""Bound of the walks: the largest strain of the protocol's paths a to f and h, 1.2, lies within."""


@dataclass(frozen=True)
class Recipe:
    """How a model is made.

    Parameters
    ----------
    cell : UnitCell
    described : str
        The cell in words.
    form : TrainableForm
    plan : WalkPlan
        Of the training data.
    """

    cell: mt.UnitCell
    described: str
    form: TrainableForm
    plan: mt.WalkPlan


def regular(cell: mt.UnitCell, described: str, form: TrainableForm, walks: int = 100) -> Recipe:
    """Return the recipe of a regular cell, whose families of bars are all there is to find."""
    return Recipe(cell, f"{described}, regular", form, mt.WalkPlan(paths=walks, limit=REACH))


def perturbed(cell: mt.UnitCell, described: str, form: TrainableForm, **plan: Any) -> Recipe:
    """Return the recipe of a cell whose interior nodes are moved."""
    words = f"{described}, interior nodes perturbed by 0.2 (normal law, seed 0)"
    return Recipe(cell, words, form, mt.WalkPlan(limit=REACH, **plan))


def square(units: int, perturbation: float = 0.0) -> mt.UnitCell:
    """Return a square cell."""
    return mt.square_cell((units, units), perturbation=perturbation)


def cube(units: int, perturbation: float = 0.0) -> mt.UnitCell:
    """Return a cubic cell."""
    return mt.cube_cell((units, units, units), perturbation=perturbation)


UNBOUNDED: dict[str, Any] = {"increment": 0.18, "limit": None}
"""Walks that go as far as they like, for forms that know nothing outside of their data."""

RECIPES = {
    "cube-play": Recipe(cube(1), "a cube, regular", Play(), mt.WalkPlan(paths=400)),
    "cube-published": Recipe(
        cube(1), "a cube, regular", Published(), mt.WalkPlan(paths=1000, validation=0.05, test=0.05, **UNBOUNDED)
    ),
    "cube-residual": Recipe(
        cube(1), "a cube, regular", Residual(), mt.WalkPlan(paths=600, increment=0.25, limit=None)
    ),
    "square-2x2-published": Recipe(
        square(2),
        "2 × 2 squares, regular",
        Published(),
        mt.WalkPlan(paths=600, validation=0.1, test=0.1, **UNBOUNDED),
    ),
    "square-6x6-perturbed-published": Recipe(
        square(6, 0.2),
        "6 × 6 squares, interior nodes perturbed by 0.2 (normal law, seed 0)",
        Published(states=20),
        mt.WalkPlan(paths=1000, validation=0.1, test=0.1, **UNBOUNDED),
    ),
    "square-2x2-residual": Recipe(
        square(2), "2 × 2 squares, regular", Residual(), mt.WalkPlan(paths=600, **UNBOUNDED)
    ),
    "cube-variational": regular(cube(1), "a cube", Variational(states=13, updates=0)),
    "square-2x2-variational": regular(square(2), "2 × 2 squares", Variational(states=4, updates=0)),
    "square-4x4-variational": regular(square(4), "4 × 4 squares", Variational(states=4, updates=0)),
    "square-6x6-variational": regular(square(6), "6 × 6 squares", Variational(states=4, updates=0)),
    "square-2x2-perturbed-variational": perturbed(
        square(2, 0.2), "2 × 2 squares", Variational(states=16, updates=0), paths=100
    ),
    "square-2x2-perturbed-variational-12": perturbed(
        square(2, 0.2),
        "2 × 2 squares",
        Variational(states=12, updates=6000, batch=32),
        paths=2000,
        increment=0.3,
    ),
    "square-6x6-perturbed-variational": perturbed(
        square(6, 0.2),
        "6 × 6 squares",
        Variational(states=48, slips=96, updates=5000),
        paths=1000,
        increment=0.3,
    ),
    "cube-2x2x2-perturbed-variational": perturbed(
        cube(2, 0.2), "2 × 2 × 2 cubes", Variational(states=48, slips=96, updates=4000), paths=1000
    ),
    "cube-4x4x4-perturbed-variational": perturbed(
        cube(4, 0.2), "4 × 4 × 4 cubes", Variational(states=48, updates=3000), paths=400
    ),
}
"""A name ends in the form; a number after it tells models of one cell and form apart."""


def main() -> None:
    """Train every model named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(RECIPES), metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--protocol", action="store_true", help="evaluate again, without training")
    parser.add_argument("--folder", type=Path, default=MODELS, help="where models and cards are written")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(RECIPES))
    if unknown:
        parser.error(f"unknown model {unknown[0]!r}: choose from {', '.join(RECIPES)}")
    for name in options.names:
        card = again(name, options.folder) if options.protocol else make(name, RECIPES[name], options.folder)
        print(card, flush=True)


def again(name: str, folder: Path) -> ModelCard:
    """Evaluate a model on the protocol again, write its card, and return it.

    Parameters
    ----------
    name : str
    folder : Path
        Where model and card are.
    """
    card = read_card(folder / f"{name}.json")
    held_out = {walks: card.errors[walks] for walks in HELD_OUT}
    card = replace(card, errors=held_out | evaluate(folder / f"{name}.safetensors").to_dict())
    write_card(card, folder / f"{name}.json")
    return card


def make(name: str, recipe: Recipe, folder: Path) -> ModelCard:
    """Train one model, write it with its card, and return the card."""
    bar, start = mt.ElastoplasticBar(), time.process_time()
    print(
        f"{name}: {recipe.plan.increments} increments of {recipe.cell.distinct_bars.count} distinct bars",
        flush=True,
    )
    dataset = generate(mt.Lattice(recipe.cell, bar), recipe.plan)
    generated = time.process_time()
    tann = train(dataset, recipe.form, report)
    trained = time.process_time()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.safetensors"
    tann.save(file)
    card = ModelCard(
        name=name,
        cell=recipe.described,
        form=tann.form,
        states=tann.states,
        exact_states=recipe.cell.distinct_bars.count,
        data=asdict(recipe.plan),
        training={key: getattr(recipe.form, key) for key in asdict(recipe.form)},  # type: ignore[call-overload]
        largest_strain=float(tann.information.training_range.strain.max()),  # type: ignore[union-attr]
        errors=errors_of(tann, dataset),
        data_seconds=round(generated - start, 1),
        training_seconds=round(trained - generated, 1),
        size=file.stat().st_size,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        versions={package: metadata.version(package) for package in VERSIONS},
        command=f"python scripts/train_shipped_models.py {name}",
        convergence=tann.information.provenance.get("convergence", ""),
    )
    write_card(card, folder / f"{name}.json")
    return card


def errors_of(tann: TANN, dataset: Dataset) -> dict[str, dict[str, object]]:
    """Return the errors in closed loop on the walks that were held out, and on the protocol."""
    errors = {}
    for name in HELD_OUT:
        # drawn by the very law of the training walks, they may pass the range of those by a hair
        errors[name] = evaluate(tann, strain=strain_paths(getattr(dataset, name))).to_dict()["own"]
    return errors | evaluate(tann).to_dict()


def report(progress: TrainingProgress) -> None:
    """Print a line every thousand updates, or every twenty epochs."""
    if progress.update % (20 if progress.unit == "epoch" else 1000) == 0:
        print(
            f"  {progress.phase} {progress.update}: loss {progress.training:.2e} / {progress.validation:.2e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
