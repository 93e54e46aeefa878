"""Time of an increment in the page of `microtann explore`, by node, which runs the same engine as Chromium.

The page's driver goes along circles in the two first strain components, 80 % of a slider wide, in the increments
that the page makes: with all strains held, with all but the first free of stress along cycles, and the exact cell.
Times are medians of single increments behind ten rounds, in which the engine has compiled what runs often.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.explorer.exact_twin import exact_twin
from microtann.explorer.explore import MOST_SLIPS
from microtann.explorer.touched_material import slider_extent
from microtann.export import write

MODELS = ("cube-2x2x2-perturbed-variational", "cube-4x4x4-perturbed-variational", "cube-play", "cube-residual")
SCRIPT = """
import { readFileSync } from "node:fs";
const { face, driver, extent, sizes } = JSON.parse(readFileSync(0, "utf-8"));
const { load } = await import(face);
const { Driver } = await import(driver);
const found = {};
const v = extent.length;
for (const [name, free] of [["held", []], ["mixed", extent.map((_, i) => i).slice(1)]]) {
  const own = new Driver(await load(), sizes);
  const released = extent.map((_, i) => free.includes(i));
  const times = [];
  for (let step = 1; step <= 40 * 240; step++) {
    const angle = (2 * Math.PI * step) / 240;
    const target = new Float64Array(v);
    target[0] = 0.8 * extent[0] * Math.sin(angle);
    if (!free.length) target[1] = 0.4 * extent[1] * (1 - Math.cos(angle));
    const begin = process.hrtime.bigint();
    if (!own.increment(target, released)) throw new Error(`${name}: increment ${step} has no answer`);
    if (step > 10 * 240) times.push(Number(process.hrtime.bigint() - begin) / 1000);
  }
  found[name] = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}
console.log(JSON.stringify(found));
"""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/explorer.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks explorer", description=__doc__)
    parser.add_argument("--models", nargs="+", default=MODELS, help="names of shipped models, or files")
    options = parser.parse_args(arguments)
    rows = []
    for name in options.models:
        with TemporaryDirectory() as folder:
            model = mt.load(name)
            page = mt.explore(name, Path(folder) / "page.html")
            row = {"model": name, "page MB": round(page.stat().st_size / 1e6, 2)} | timed(
                model, model, Path(folder)
            )
            known = model.microstructure
            twin = None if known is None or known.exact_states > MOST_SLIPS else exact_twin(known)
            if twin is not None:
                row["exact, held"] = timed(twin, model, Path(folder))["held"]
            rows.append(row)
    print(machine.table(rows, "microseconds of an increment in the page, and its size"))
    print(machine.write("explorer", {"rows": rows}))


def timed(model: mt.TANN, shown: mt.TANN, folder: Path) -> dict[str, Any]:
    """Return the times of an exported model along the paths of the page of another."""
    files = write(model, folder, to="wasm", name="timed", farthest=np.inf)
    moduli = shown.update(np.zeros((1, shown.components)), shown.initial_state(1))[1]
    assert moduli is not None
    told = {
        "face": next(file for file in files if file.suffix == ".mjs").as_uri(),
        "driver": (Path(mt.__file__).parent / "explorer" / "page" / "driver.mjs").as_uri(),
        "extent": slider_extent(shown).tolist(),
        "sizes": {"stiffness": float(np.abs(moduli).max()), "strength": 1.0},
    }
    done = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return {name: round(time, 1) for name, time in json.loads(done.stdout).items()}
