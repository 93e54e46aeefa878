import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan


@pytest.fixture(scope="session")
def lattice_data() -> Dataset:
    return generate(
        mt.Lattice(mt.square_cell(units=(2, 2), perturbation=0.2)),
        WalkPlan(paths=10, steps=12, restart=0.05, seed=2),
    )
