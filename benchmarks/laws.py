"""What the laws are worth: the published form, the same made safe, and coupled slips, on the same four paths.

Uniaxial strain of the regular cube: cycles in increments and in ten times finer ones, a rest of zero increments,
a thousand cycles, and three times the training range. The published form is trained here on residual coordinates
for some minutes and kept in results/benchmarks.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import microtann as mt
from benchmarks import machine
from microtann.data.generate import generate
from microtann.evaluation.measures import relative_rms
from microtann.forms import Published
from microtann.plotting.style import EXACT, LATTICE, MODEL, SOFT, house_style, new_figure, save_figure
from microtann.tann.recall import Recall

Array = NDArray[np.float64]

PUBLISHED = Path("results/benchmarks/published.safetensors")
LIMIT = 1.0
CYCLES = 1000
REST = 400
LOOKS = {
    "exact": ("exact cell", EXACT, "-"),
    "published": ("published form", LATTICE, "-"),
    "safe": ("published form, made safe", SOFT, "--"),
    "variational": ("variational form", MODEL, "-."),
}


def main(arguments: list[str]) -> None:
    """Print tables, write ``results/benchmarks/laws.json`` and draw the picture of the page on the laws."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks laws", description=__doc__)
    parser.add_argument("--epochs", type=int, default=600, help="of the published form, if it is trained here")
    parser.add_argument("--picture", type=Path, default=Path("results/benchmarks/laws.png"))
    options = parser.parse_args(arguments)
    published = published_model(options.epochs)
    models = {"published": published, "safe": published.safe(), "variational": mt.load("cube-variational")}
    found = {name: responses(models, strain) for name, strain in paths(published).items()}
    rows = [row(name, model, answer) for name, answer in found.items() for model in models]
    print(
        machine.table(rows, "relative RMS error of the stress, increments with −T·ΔZ < 0, strain 11 of the cube")
    )
    protocol = [on_protocol(name, model) for name, model in models.items()]
    print(machine.table(protocol, "the same on the paths of the protocol; CPU µs per point with tangent"))
    print(machine.write("laws", {"paths": rows, "protocol": protocol}))
    print(draw(found, options.picture))


def published_model(epochs: int) -> mt.TANN:
    """Return the published form on the regular cube: trained before, or now."""
    if PUBLISHED.exists():
        return mt.load(PUBLISHED)
    plan = mt.WalkPlan(paths=500, limit=LIMIT, zero_fraction=0.2)
    form = Published.by_recipe(
        "paper",
        reduction="pod",
        residual=True,
        states=13,
        decay=0.01,
        patience=None,
        epochs=(epochs,),
        batch=(200,),
        learning_rate=(3e-3,),
        tuning_epochs=(),
    )
    tann = mt.train(generate(mt.Lattice(mt.cube_cell()), plan), form)
    PUBLISHED.parent.mkdir(parents=True, exist_ok=True)
    tann.save(PUBLISHED)
    return tann


def paths(tann: mt.TANN) -> dict[str, Array]:
    """Return strain paths (T, 6) of component 11 by name."""
    seen = tann.information.training_range
    reach = LIMIT if seen is None else float(seen.strain[0])
    cycle = turns([0.15, -0.15, 0.3, -0.3, 0.45, -0.45, 0.0], 0.03)
    held = turns([0.4, -0.1], 0.03)
    return {
        "increments of 0.03": uniaxial(cycle),
        "increments of 0.003": uniaxial(turns([0.15, -0.15, 0.3, -0.3, 0.45, -0.45, 0.0], 0.003)),
        f"{REST} zero increments": uniaxial(np.concatenate([held, np.full(REST, held[-1])])),
        f"{CYCLES} cycles": uniaxial(np.tile(turns([0.5, -0.5, 0.0], 0.05), CYCLES)),
        "three times the range": uniaxial(turns([3.0 * reach], 0.05)),
    }


def turns(ends: list[float], step: float) -> Array:
    """Return strains from zero to every turning point in equal increments of about a step."""
    parts, now = [], 0.0
    for end in ends:
        count = max(1, round(abs(end - now) / step))
        parts.append(now + (end - now) * np.arange(1, count + 1) / count)
        now = end
    return np.concatenate(parts)


def uniaxial(strain: Array) -> Array:
    """Return strains (T, 6) with one component."""
    return strain[:, None] * np.eye(6)[0]


def responses(models: dict[str, mt.TANN], strain: Array) -> dict[str, Any]:
    """Return strain, exact response, and recall of every model."""
    exact = mt.solve_cell(mt.cube_cell(), mt.ElastoplasticBar(), strain)
    recalled = {name: model.recall(strain, outside_training="none") for name, model in models.items()}
    return {"strain": strain[:, 0], "exact": exact, **recalled}


def row(path: str, model: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return what became of a model on a path."""
    found: Recall = answer[model]
    exact = answer["exact"]
    lawless = ~(found.dissipation >= -1e-12 * np.abs(exact.energy).max())
    with np.errstate(over="ignore", invalid="ignore"):
        error = relative_rms(found.stress, exact.stress)
    return {
        "path": path,
        "model": model,
        "stress": float(f"{error:.2e}"),
        "at its end": float(
            f"{np.abs(found.stress[-1] - exact.stress[-1]).max() / np.abs(exact.stress).max():.2e}"
        ),
        "violations": int(np.count_nonzero(lawless)),
        "increments": len(lawless),
    }


def on_protocol(name: str, tann: mt.TANN) -> dict[str, Any]:
    """Return errors on the protocol, violations, and the cost of an update."""
    with np.errstate(all="ignore"):
        errors = mt.evaluate(tann, list("abcdefghz")).paths
    state, increment = tann.initial_state(1024), 0.05 * np.random.default_rng(0).standard_normal((1024, 6))
    tann.update(increment, state)
    start = time.process_time()
    for _ in range(5):
        tann.update(increment, state)
    cost = (time.process_time() - start) / (5 * 1024)
    stress = {path: float(f"{e.stress:.2e}") for path, e in errors.items()}
    return {
        "model": name,
        **stress,
        "violations": sum(e.violations for e in errors.values()),
        "µs": round(1e6 * cost, 1),
    }


def draw(found: dict[str, dict[str, Any]], path: Path) -> Path:
    """Draw the error of the stress along every path, and what is dissipated in the finest increments."""
    with house_style():
        picture = new_figure(10.0, 5.6)
        axes = picture.subplots(2, 3)
        for axis, (title, answer) in zip(axes.flat, found.items(), strict=False):
            exact = answer["exact"].stress
            across: Array = np.arange(1, len(exact) + 1) / (len(exact) / CYCLES if "cycles" in title else 1)
            for model in list(LOOKS)[1:]:
                name, colour, dash = LOOKS[model]
                error = np.abs(answer[model].stress - exact).max(axis=1) / np.abs(exact).max()
                axis.semilogy(across, np.maximum(error, 1e-17), dash, color=colour, label=name)
            axis.set_ylim(1e-17, 10.0)
            axis.set_title(title)
            axis.set_xlabel("cycle" if "cycles" in title else "increment")
            axis.set_ylabel("error / largest stress")
        last, answer = axes.flat[-1], found["increments of 0.003"]
        for model, (name, colour, dash) in LOOKS.items():
            last.plot(np.cumsum(answer[model].dissipation), dash, color=colour, label=name)
        last.set_title("increments of 0.003")
        last.set_xlabel("increment")
        last.set_ylabel("accumulated dissipation")
        picture.legend(*last.get_legend_handles_labels(), loc="outside lower center", ncols=len(LOOKS))
        save_figure(picture, path)
    return path


if __name__ == "__main__":
    main([])
