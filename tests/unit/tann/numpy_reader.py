"""A reader of model files that knows docs/model-format.md and NumPy alone; it recalls an increment of any form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray
Energy = Callable[[Array, Array], tuple[float, Array, Array]]
"""Ψ and its derivatives with respect to y and Z."""


def read(path: Path) -> tuple[dict[str, Array], dict[str, Any], int]:
    """Return the arrays, the trees of the parts, and the number of strain components."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    metadata = header.pop("__metadata__")
    arrays = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        kind = {"F64": np.float64, "I64": np.int64, "F32": np.float32}[entry["dtype"]]
        arrays[name] = np.frombuffer(raw[start:end], kind).reshape(entry["shape"])
    return arrays, json.loads(metadata["parts"]), json.loads(metadata["information"])["components"]


def recall(path: Path, before: Array, state: Array, increment: Array, dt: float) -> dict[str, Any]:
    """Return one increment from the file of a model, in its units.

    Parameters
    ----------
    path : Path
    before, increment : array, shape (y,)
        Driving variables at t and their change.
    state : array, shape (z,)
        Z at t.
    dt : float
    """
    arrays, parts, v = read(path)
    scale, size = arrays["scaling.driving"], float(arrays["scaling.energy"])
    y, dy = before / scale, increment / scale
    energy = energy_of(parts["energy"], arrays)
    after = evolve(parts, arrays, energy, y, state, dy, dt)
    value, slope, thermodynamic = energy(y + dy, after)
    return {
        "stress": slope[:v] * size / scale[:v],
        "state": after,
        "energy": value * size,
        "dissipation": -thermodynamic @ (after - state) * size,
    }


def fields_of(tree: dict[str, Any], arrays: dict[str, Array]) -> dict[str, Any]:
    """Return the fields of a part: arrays and values as they are, further parts as trees."""
    return {
        name: arrays[item["array"]] if "array" in item else item.get("value", item)
        for name, item in tree["fields"].items()
    }


def energy_of(tree: dict[str, Any], arrays: dict[str, Array]) -> Energy:
    """Return Ψ(y, Z) and its derivatives."""
    part = fields_of(tree, arrays)

    def imposed(y: Array) -> tuple[float, Array]:
        block = 0.5 * (part["extra"] + part["extra"].T)
        theta, slope = y[len(y) - len(block) :], np.zeros(len(y))
        slope[len(y) - len(block) :] = block @ theta
        return 0.5 * theta @ block @ theta, slope

    def decoupled(y: Array, z: Array) -> tuple[float, Array, Array]:
        stored, apart = part["elastic"] @ y, part["coupling"] @ y - z
        own, slope = imposed(y)
        value = 0.5 * (stored @ stored + apart @ apart) + own
        return value, part["elastic"].T @ stored + part["coupling"].T @ apart + slope, -apart

    def quadratic(y: Array, z: Array) -> tuple[float, Array, Array]:
        stored = part["root"] @ np.concatenate([y, z])
        own, slope = imposed(y)
        both = part["root"].T @ stored
        return 0.5 * stored @ stored + own, both[: len(y)] + slope, both[len(y) :]

    def convex(y: Array, z: Array) -> tuple[float, Array, Array]:
        value, of_y, of_z = energy_of(part["quadratic"], arrays)(y, z)
        w, b, weight = part["directions"], part["offsets"], np.exp(part["log_weights"])
        u = w @ np.concatenate([y, z])
        rest = np.log(np.cosh(u + b)) - np.log(np.cosh(b)) - np.tanh(b) * u
        slope = w.T @ (weight * (np.tanh(u + b) - np.tanh(b)))
        return value + weight @ rest, of_y + slope[: len(y)], of_z + slope[len(y) :]

    def hardening(y: Array, z: Array) -> tuple[float, Array, Array]:
        p = z[len(z) - len(part["hardening_root"]) :]
        value, of_y, of_z = energy_of(part["quadratic"], arrays)(y, z[: len(z) - len(p)])
        h, q, b = part["hardening_root"] ** 2, part["saturation_root"] ** 2, np.exp(part["log_rate"])
        stored = 0.5 * h @ p**2 + np.sum(q * (p[:, None] + np.expm1(-b * p[:, None]) / b))
        return value + stored, of_y, np.concatenate([of_z, hardened(part, p)])

    def network(y: Array, z: Array) -> tuple[float, Array, Array]:
        value, slope = with_slope(part["network"], arrays, np.concatenate([y, z]))
        return float(value[0]), slope[0, : len(y)], slope[0, len(y) :]

    return {
        "DecoupledQuadraticEnergy": decoupled,
        "QuadraticEnergy": quadratic,
        "ConvexEnergy": convex,
        "HardeningEnergy": hardening,
        "NetworkEnergy": network,
    }[tree["class"]]


def hardened(part: dict[str, Any], p: Array) -> Array:
    """Return by how much the resistances of groups have grown that have flowed by p."""
    q, b = part["saturation_root"] ** 2, np.exp(part["log_rate"])
    return part["hardening_root"] ** 2 * p - np.sum(q * np.expm1(-b * p[:, None]), axis=1)


def with_slope(tree: dict[str, Any], arrays: dict[str, Array], x: Array) -> tuple[Array, Array]:
    """Return the outputs of Layers and their derivatives."""
    layers = [fields_of(item, arrays) for item in tree["fields"]["layers"]["tuple"]]
    slope = np.eye(len(x))
    for number, layer in enumerate(layers):
        x, slope = layer["weight"] @ x + (0.0 if layer["bias"] is None else layer["bias"]), layer["weight"] @ slope
        if number + 1 < len(layers):
            x, inner = activated(tree["fields"]["activation"], x)
            slope = inner[:, None] * slope
    return x, slope


def activated(tree: dict[str, Any], x: Array) -> tuple[Array, Array]:
    """Return an activation and its derivative."""
    if tree.get("class") == "RePU":
        power, above = tree["fields"]["power"]["value"], np.maximum(x, 0.0)
        return above**power, power * above ** (power - 1)
    if tree.get("class") == "DeadZone":
        return x - np.clip(x, -1.0, 1.0), (np.abs(x) > 1.0) * 1.0
    below = {"jax.nn.relu": 0.0, "jax.nn.leaky_relu": 0.01}[tree["function"]]
    return np.where(x > 0.0, x, below * x), np.where(x > 0.0, 1.0, below)


def evolve(
    parts: dict[str, Any], arrays: dict[str, Array], energy: Energy, y: Array, z: Array, dy: Array, dt: float
) -> Array:
    """Return Z at t + Δt."""
    tree = parts["evolution"]
    part = fields_of(tree, arrays)
    match tree["class"]:
        case "PlayMechanisms":
            force, limit = -energy(y + dy, z)[2], np.exp(part["log_resistance"])
            return z + np.sign(force) * np.maximum(np.abs(force) - limit, 0.0)
        case "StateNetwork":
            return z + with_slope(part["network"], arrays, np.concatenate([y + dy, z]))[0]
        case "RateNetwork":
            stress = energy(y, z)[1][: len(part["stress_scale"])] / part["stress_scale"]
            inputs = [stress, y, z, dy / part["increment_scale"]]
            inputs += [np.array([dt / part["duration"]])] if part["timed"] else []
            return z + with_slope(part["network"], arrays, np.concatenate(inputs))[0]
        case "MultisurfaceFlow":
            return z + part["normals"] @ slips(energy, part["normals"], y + dy, z, 0.0, 1.0)
        case "ConeFlow":
            sizes = [item["value"] for item in part["sizes"]["tuple"]]
            trial = -energy(y + dy, z)[2] @ part["normals"]
            return z + part["normals"] @ groups(trial, part["normals"], sizes, lambda _, s: 1.0)
        case "GrowingFlow":
            sizes, stored = [item["value"] for item in part["sizes"]["tuple"]], fields_of(parts["energy"], arrays)
            states, p = np.split(z, [len(part["normals"])])
            k, eta = part["resistance_root"] ** 2, part["viscosity_root"] ** 2

            def resistance(group: int, s: float) -> float:
                grown = hardened(stored, p + s)[group]
                return float(k[group] + grown + eta[group] * (s / dt) ** part["exponent"][group])

            trial = -energy(y + dy, z)[2][: len(states)] @ part["normals"]
            gamma = groups(trial, part["normals"], sizes, resistance)
            flowed = [np.linalg.norm(own) for own in np.split(gamma, np.cumsum(sizes)[:-1])]
            return np.concatenate([states + part["normals"] @ gamma, p + flowed])
        case "ViscousFlow":
            exponent = np.exp(part["log_exponent"])
            viscosity = np.exp(part["log_viscosity"]) * dt**-exponent
            return z + part["normals"] @ slips(energy, part["normals"], y + dy, z, viscosity, exponent)
    raise AssertionError(tree["class"])


def slips(energy: Energy, normals: Array, y: Array, z: Array, viscosity: float, exponent: float) -> Array:
    """Return γ of the minimum of Ψ(y, Z + Nγ) + Σ |γ| + c |γ|^(1+m) / (1+m), one slip after the other."""
    gamma = np.zeros(normals.shape[1])

    def excess(number: int, size: float, sense: float) -> float:
        """Return how much the force on a slip exceeds its resistance if it has slipped by ``size``."""
        moved = gamma.copy()
        moved[number] = sense * size
        force = -normals[:, number] @ energy(y, z + normals @ moved)[2]
        return sense * force - 1.0 - (viscosity * size**exponent if size > 0.0 else 0.0)

    for _ in range(2000):
        former = gamma.copy()
        for number in range(len(gamma)):
            sense = next((s for s in (1.0, -1.0) if excess(number, 0.0, s) > 0.0), 0.0)
            gamma[number] = sense * root(lambda size, n=number, s=sense: excess(n, size, s)) if sense else 0.0
        if np.abs(gamma - former).max() <= 1e-15 * np.abs(gamma).max():
            break
    return gamma


@np.errstate(divide="ignore")  # some groups have no resistance before they flow
def groups(trial: Array, normals: Array, sizes: list[int], resistance: Callable[[int, float], float]) -> Array:
    """Return γ with |r − NᵀNγ| = R(|γ_g|) where a group flows, less where it rests, one group after the other."""
    gamma, gram = np.zeros(len(trial)), normals.T @ normals
    for _ in range(20_000):
        former = gamma.copy()
        for group, (end, size) in enumerate(zip(np.cumsum(sizes), sizes, strict=True)):
            own = slice(end - size, end)
            force = trial[own] - gram[own] @ gamma + gram[own, own] @ gamma[own]
            values, vectors = np.linalg.eigh(gram[own, own])
            along = vectors.T @ force

            def excess(s: float, at: int = group, along: Array = along, values: Array = values) -> float:
                """Return how much the force of a group that has flowed by s exceeds its resistance, over that."""
                return float(np.linalg.norm(along / (resistance(at, s) + values * s)) - 1.0)

            flow = root(excess) if excess(0.0) > 0.0 else 0.0
            gamma[own] = vectors @ (along * flow / (resistance(group, flow) + values * flow)) if flow else 0.0
        if np.abs(gamma - former).max() <= 1e-15 * np.abs(gamma).max():
            break
    return gamma


def root(function: Callable[[float], float]) -> float:
    """Return where a falling function that is positive at 0 becomes zero."""
    low, high = 0.0, 1.0
    while function(high) > 0.0:
        high *= 2.0
    for _ in range(200):  # regula falsi of Illinois, which bisection guards
        at_low, at_high = function(low), function(high)
        middle = low + (high - low) * at_low / (at_low - at_high)
        for point in (middle, 0.5 * (low + high)):
            if low < point < high:
                low, high = (point, high) if function(point) > 0.0 else (low, point)
        if high - low <= 1e-16 * high:
            break
    return 0.5 * (low + high)
