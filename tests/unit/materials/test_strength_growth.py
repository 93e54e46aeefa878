"""Isotropic hardening, Voce, Perzyna and bodies without elastic domain: thermodynamics, tangents, closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import microtann as mt
from microtann.errors import InputError
from microtann.fem import Prescribed, Step, VonMises

YOUNG, POISSON, STRENGTH, HARDENING = 2.0, 0.3, 0.4, 0.25
SHEAR = YOUNG / (2 * (1 + POISSON))
WEIGHTS = np.array([1, 1, 1, 2, 2, 2])
LAWS = {
    "isotropic": {"isotropic_hardening": 0.2},
    "Voce": {"saturation": 0.3, "saturation_rate": 4.0},
    "Perzyna": {"viscosity": 0.2},
    "power below one": {"viscosity": 0.2, "rate_exponent": 0.2},
    "power above one": {"viscosity": 0.3, "rate_exponent": 3.0},
    "standard linear solid": {"yield_stress": 0.0, "viscosity": 0.5},
    "Maxwell": {"yield_stress": 0.0, "hardening": 0.0, "viscosity": 0.5},
    "all": {"isotropic_hardening": 0.1, "saturation": 0.3, "viscosity": 0.1, "rate_exponent": 0.5},
}


def solid(law: str, plane: str | None = None) -> VonMises:
    parameters = {"young": YOUNG, "poisson": POISSON, "yield_stress": STRENGTH, "hardening": HARDENING}
    return VonMises(**(parameters | LAWS[law]), plane=plane)


def forces(material: VonMises, state: mt.fem.State) -> tuple[np.ndarray, np.ndarray]:
    """Return −∂Ψ/∂εᵖ as a tensor and −∂Ψ/∂p."""
    strain = np.zeros((len(state["strain"]), 6))
    strain[:, [0, 1, 5] if material.plane else range(6)] = state["strain"]
    tensor, plastic = strain / WEIGHTS, state["plastic_strain"] / WEIGHTS
    tensor[:, :3] -= tensor[:, :3].mean(axis=1, keepdims=True)
    accumulated = state.get("accumulated_plastic_strain", np.zeros(len(strain)))
    back = 2 / 3 * material.hardening * plastic
    return 2 * SHEAR * (tensor - plastic) - back, -material.growth.strength(accumulated)


@pytest.mark.parametrize("plane", [None, "strain"])
@pytest.mark.parametrize("law", LAWS)
def test_dissipation_is_what_the_forces_do_and_the_tangent_is_consistent(law: str, plane: str | None) -> None:
    """D = T · ΔZ at the end, ΔΨ = ½(S + S⁺)·ΔE − ½(T + T⁺)·ΔZ where Ψ is quadratic; durations of eight decades."""
    material, generator, n = solid(law, plane), np.random.default_rng(0), 60
    state, stress = material.initial_state(n), np.zeros((n, material.components))
    for _ in range(4):
        increment, dt = 0.4 * generator.standard_normal((n, len(stress[0]))), 10 ** generator.uniform(-4, 4, n)
        new_stress, tangent, new = material.update(increment, state, dt)
        moved = (new["plastic_strain"] - state["plastic_strain"]) / WEIGHTS
        grown = np.sqrt(2 / 3 * (moved**2 @ WEIGHTS))
        if material.growth.remembers:
            change = new["accumulated_plastic_strain"] - state["accumulated_plastic_strain"]
            np.testing.assert_allclose(change, grown, atol=1e-14)
        (before, resists), (after, resists_after) = forces(material, state), forces(material, new)
        work = (after * moved) @ WEIGHTS + resists_after * grown
        np.testing.assert_allclose(new["dissipation"], work, atol=1e-14)
        assert (new["dissipation"] >= 0.0).all()
        if material.growth.saturation == 0.0:
            done = 0.5 * ((stress + new_stress) * increment).sum(axis=1)
            done -= 0.5 * (((before + after) * moved) @ WEIGHTS + (resists + resists_after) * grown)
            np.testing.assert_allclose(new["energy"] - state["energy"], done, atol=1e-13)
        for component, unit in enumerate(1e-6 * np.eye(len(stress[0]))):
            high, low = (material.update(increment + s * unit, state, dt, False)[0] for s in (1, -1))
            smooth = np.abs(high - 2 * new_stress + low).max(axis=1) < 1e-9  # not within a step of first yield
            assert smooth.mean() > 0.9
            numeric = (high - low)[smooth] / 2e-6
            np.testing.assert_allclose(numeric, tangent[smooth][:, :, component], atol=1e-7)
        np.testing.assert_allclose(tangent, tangent.transpose(0, 2, 1), atol=1e-14)
        state, stress = new, new_stress


def shear(material: VonMises, gamma: np.ndarray, dt: float = 1.0) -> tuple[np.ndarray, mt.fem.State]:
    """Return the shear stresses along a path of shear strains, and the last state."""
    state, stresses = material.initial_state(1), []
    for step in np.diff(gamma, prepend=0.0):
        stress, _, state = material.update(np.array([[0, 0, 0, step, 0, 0]]), state, dt, False)
        stresses.append(stress[0, 3])
    return np.array(stresses), state


@pytest.mark.parametrize("law", ["isotropic", "Voce"])
def test_shear_of_strength_that_grows(law: str) -> None:
    """√3 G (γ − √3 p) = k + (H + …)(p): one scalar equation, whatever the steps; then p goes on after reversal."""
    material, gamma = solid(law), 0.9

    def above(p: float) -> float:
        growth = float(material.growth.strength(np.array([p]))[0])
        return np.sqrt(3) * SHEAR * (gamma - np.sqrt(3) * p) - STRENGTH - HARDENING * p - growth

    p = brentq(above, 0.0, 1.0, xtol=1e-15)
    for steps in (1, 7):
        stress, state = shear(material, gamma * np.linspace(0, 1, steps + 1)[1:])
        assert stress[-1] == pytest.approx(SHEAR * (gamma - np.sqrt(3) * p), rel=1e-12)
        assert state["accumulated_plastic_strain"][0] == pytest.approx(p, rel=1e-12)
    width = 2 * (STRENGTH + float(material.growth.strength(np.array([p]))[0])) / np.sqrt(3) / SHEAR
    for size, yields in ((0.999, False), (1.001, True)):
        _, after = shear(material, np.array([gamma, gamma - size * width]))
        assert (after["dissipation"][0] > 0.0) == yields


@pytest.mark.parametrize("law", ["Perzyna", "power below one", "power above one"])
def test_shear_at_a_rate_tends_to_the_integrated_curve(law: str) -> None:
    """Shear at a constant rate against ṗ = (overstress/η)^(1/m): backward Euler, first order in Δt."""
    material, rate, end = solid(law), 0.8, 1.2
    growth = material.growth

    def flow(time: float, p: np.ndarray) -> np.ndarray:
        over = np.sqrt(3) * SHEAR * (rate * time - np.sqrt(3) * p) - STRENGTH - HARDENING * p
        return (np.maximum(over, 0.0) / growth.viscosity) ** (1 / growth.rate_exponent)

    found = solve_ivp(flow, (0, end), [0.0], method="LSODA", rtol=1e-10, atol=1e-13, dense_output=True)
    errors = []
    for steps in (200, 400):
        time = end * np.linspace(0, 1, steps + 1)[1:]
        exact = SHEAR * (rate * time - np.sqrt(3) * found.sol(time)[0])
        stress, _ = shear(material, rate * time, end / steps)
        errors.append(np.abs(stress - exact).max())
    assert errors[1] < 3e-3 * exact.max()
    assert errors[0] / errors[1] > 1.7


def test_relaxation_without_an_elastic_domain() -> None:
    """Stress at constant strain falls by 1/(1 + 3GΔt/η) a step; with H it ends at the stress of the spring."""
    gamma, dt, viscosity = 0.6, 0.3, LAWS["Maxwell"]["viscosity"]
    stress, _ = shear(solid("Maxwell"), np.full(6, gamma), dt)
    decay = 1 / (1 + 3 * SHEAR * dt / viscosity)
    np.testing.assert_allclose(stress, SHEAR * gamma * decay ** np.arange(1, 7), rtol=1e-12)
    stress, _ = shear(solid("standard linear solid"), np.full(3, gamma), 1e9)
    series = 1 / (1 / (3 * SHEAR) + 1 / HARDENING) / 3
    assert stress[-1] == pytest.approx(series * gamma, rel=1e-8)


def test_limits_are_the_rate_independent_and_the_elastic_solid() -> None:
    gamma = 0.5 * np.sin(np.linspace(0, 6, 20))
    viscous, plastic = solid("Perzyna"), VonMises(YOUNG, POISSON, STRENGTH, HARDENING)
    np.testing.assert_allclose(shear(viscous, gamma, 1e12)[0], shear(plastic, gamma)[0], atol=1e-10)
    np.testing.assert_allclose(shear(viscous, gamma, 1e-12)[0], SHEAR * gamma, atol=1e-10)
    assert plastic.rate_independent
    assert not viscous.rate_independent


def test_a_body_in_tension_follows_the_scalar_law() -> None:
    """Finite elements with free sides: E (ε − p) = k + H p + R(p) + η Δp/Δt, an increment of Δt = 2."""
    material = solid("all")
    mesh, top = mt.fem.box((1.0, 1.0, 1.0), (1, 1, 1)), (lambda x: x[:, 2] == 1.0)
    held = [Prescribed(lambda x, i=i: x[:, i] == 0.0, i) for i in range(3)]
    steps = [Step([*held, Prescribed(top, "z", strain)], dt=2.0) for strain in (0.4, 0.9)]
    result = mt.fem.Model(mesh, material).solve(steps)
    p, growth = 0.0, material.growth
    for index, strain in enumerate((0.4, 0.9)):

        def above(x: float, strain: float = strain, before: float = p) -> float:
            resists = STRENGTH + HARDENING * x + float(growth.strength(np.array([x]))[0])
            return YOUNG * (strain - x) - resists - growth.viscosity * ((x - before) / 2.0) ** growth.rate_exponent

        p = brentq(above, p, strain, xtol=1e-15)
        assert result.axial_force(top)[index] == pytest.approx(YOUNG * (strain - p), rel=1e-8)
    np.testing.assert_allclose(result.state["accumulated_plastic_strain"], p, atol=1e-8)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"yield_stress": 0.0}, "the yield stress must be positive"),
        ({"yield_stress": -1.0, "viscosity": 1.0}, "the yield stress must be positive"),
        ({"isotropic_hardening": -1.0}, "isotropic hardening must be zero or positive"),
        ({"saturation": np.nan}, "saturation of the hardening must be zero or positive"),
        ({"saturation_rate": 0.0}, "saturation rate must be positive"),
        ({"viscosity": -1.0}, "viscosity must be zero or positive"),
        ({"rate_exponent": 0.0}, "rate exponent must be positive"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        VonMises(**parameters)


@pytest.mark.parametrize("law", LAWS)
def test_compiled_returns_are_those_of_numpy(law: str) -> None:
    """Δp by Brent's method, then the radial return in whole arrays: stress, tangent, state to round-off."""
    material, generator, n = solid(law), np.random.default_rng(1), 50
    shear, growth, strength = 2 * SHEAR, material.growth, LAWS[law].get("yield_stress", STRENGTH)
    hardening = LAWS[law].get("hardening", HARDENING)
    state = material.update(0.4 * generator.standard_normal((n, 6)), material.initial_state(n))[2]
    increment, dt = 0.4 * generator.standard_normal((n, 6)), 10 ** generator.uniform(-2, 2, n)
    stress, tangent, new = material.update(increment, state, dt)
    tensor = (state["strain"] + increment) / WEIGHTS
    volume = tensor[:, :3].sum(axis=1)
    tensor[:, :3] -= volume[:, None] / 3
    plastic = state["plastic_strain"] / WEIGHTS
    relative = shear * (tensor - plastic) - 2 / 3 * hardening * plastic
    size = np.sqrt(relative**2 @ WEIGHTS)
    accumulated = state.get("accumulated_plastic_strain", np.zeros(n))
    stiffness = 1.5 * shear + hardening

    def left(x: float, p: float, of: float, duration: float) -> float:
        resists = strength + growth.strength(np.array([p + x]))[0]
        return (
            np.sqrt(1.5) * of - stiffness * x - resists - growth.viscosity * (x / duration) ** growth.rate_exponent
        )

    flow = np.array(
        [
            brentq(left, 0.0, np.sqrt(1.5) * of / stiffness, (p, of, duration), xtol=1e-300, rtol=1e-15)
            if left(0.0, p, of, duration) > 0.0
            else 0.0
            for p, of, duration in zip(accumulated, size, dt, strict=True)
        ]
    )
    assert (flow > 0.0).mean() > 0.5
    direction = relative / size[:, None]
    plastic += np.sqrt(1.5) * flow[:, None] * direction
    np.testing.assert_allclose(new["plastic_strain"], plastic * WEIGHTS, atol=1e-13)
    expected = shear * (tensor - plastic)
    expected[:, :3] += material._bulk * volume[:, None]
    np.testing.assert_allclose(stress, expected, atol=1e-13)
    rise = stiffness + growth.hardening
    rise = rise + growth.saturation * growth.saturation_rate * np.exp(
        -growth.saturation_rate * (accumulated + flow)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        drag = growth.viscosity * (flow / dt) ** growth.rate_exponent
        rise = rise + growth.rate_exponent * drag / flow
    shrunk = shear * np.sqrt(1.5) * flow / size
    along = np.where(flow > 0.0, 1.5 * shear / rise - shrunk, 0.0)
    deviator = np.diag([1, 1, 1, 0.5, 0.5, 0.5]).astype(float)
    deviator[:3, :3] -= 1 / 3
    outer = direction[:, :, None] * direction[:, None, :]
    moduli = material._elastic - shear * (shrunk[:, None, None] * deviator + along[:, None, None] * outer)
    np.testing.assert_allclose(tangent, moduli, atol=1e-12)
