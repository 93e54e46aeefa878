"""A WebAssembly module along a programme, in node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import MicrotannError, MissingExtraError
from microtann.hosts.strain_programme import DrivenPoints

Array = NDArray[np.float64]
SCRIPT = """
import { readFileSync, writeFileSync } from "node:fs";
import { load, about } from "./FACE";
const { points, increments } = JSON.parse(process.argv[2]);
const bytes = readFileSync("programme.bin");
const walk = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
const material = await load();
const width = points * about.components.length;
let best = Infinity, kept = [];
for (let round = 0; round < 3; round++) {
  let state = material.virgin(points), seconds = 0;
  kept = [];
  for (let t = 0; t < increments; t++) {
    const begin = performance.now();
    state = material.update(walk.slice(t * width, (t + 1) * width), state);
    seconds += (performance.now() - begin) / 1000;
    kept.push(state.stress, state.state, state.energy, state.dissipation, state.tangent);
  }
  best = Math.min(best, seconds);
}
const total = kept.reduce((sum, part) => sum + part.length, 0);
const all = new Float64Array(total);
let at = 0;
for (const part of kept) { all.set(part, at); at += part.length; }
writeFileSync("found.bin", Buffer.from(all.buffer));
console.log(JSON.stringify({ seconds: best }));
"""
"""What node runs: it reads the increments and writes what the module makes of them, increment by increment."""


def drive_in_node(face: Path, virgin: Float[Array, "z"], walk: Float[Array, "T n v"]) -> DrivenPoints:
    """Return what a module makes of a programme.

    Parameters
    ----------
    face : Path
        The module's JavaScript, with the module beside it.
    virgin : array, shape (z,)
        States of the virgin material, which the module counts from zero.
    walk : array, shape (T, n, v)

    Raises
    ------
    MissingExtraError
        If there is no node.
    MicrotannError
        If node fails.
    """
    node = shutil.which("node")
    if node is None:
        raise MissingExtraError("there is no node, which runs WebAssembly here: install nodejs")
    folder = face.parent
    steps, n, v = walk.shape
    (folder / "drive.mjs").write_text(SCRIPT.replace("FACE", face.name), encoding="utf-8")
    (folder / "programme.bin").write_bytes(np.ascontiguousarray(walk).tobytes())
    told = json.dumps({"points": n, "increments": steps})
    done = subprocess.run([node, "drive.mjs", told], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MicrotannError(f"node failed: {(done.stderr or 'it says nothing').strip().splitlines()[-1]}")
    z = len(virgin)
    rows = np.frombuffer((folder / "found.bin").read_bytes()).reshape(steps, -1)
    widths = np.cumsum([n * v, n * z, n, n])
    stress, state, energy, dissipation, tangent = np.split(rows, widths, axis=1)
    return DrivenPoints(
        stress.reshape(steps, n, v),
        state.reshape(steps, n, z) + virgin,
        energy,
        dissipation,
        tangent.reshape(steps, n, v, v),
        json.loads(done.stdout)["seconds"] / (steps * n),
    )
