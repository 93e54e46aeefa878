"""What is said where FEniCSx cannot be used, and the order in which its libraries must be loaded."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from microtann.errors import ConfigurationError, InputError, MissingExtraError
from microtann.evaluation.simulation import simulate
from microtann.evaluation.simulation_choice import SimulationChoice
from microtann.fenicsx.import_order import check_import_order, missing_reason
from microtann.fenicsx.processes import launcher
from microtann.materials.linear_elastic import LinearElastic

INSTALLED = importlib.util.find_spec("dolfinx") is not None


def test_dolfinx_before_h5py_is_refused() -> None:
    with pytest.raises(InputError, match="imported before h5py"):
        check_import_order(["numpy", "dolfinx", "h5py"])
    check_import_order(["h5py", "mpi4py", "dolfinx"])
    check_import_order([])


def test_what_is_missing_is_said_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "Python 3.12 or newer, this is 3.11" in missing_reason((3, 11), "linux-x86_64")
    assert "no wheel of FEniCSx for macosx-14-arm64" in missing_reason((3, 12), "macosx-14-arm64")
    assert 'pip install "microtann[fenicsx]"' in missing_reason((3, 12), "linux-x86_64")
    with pytest.raises(MissingExtraError, match="engine fenicsx needs"):
        launcher(2)


def test_a_compiler_is_needed_when_forms_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert "no compiler 'no-such-cc'" in missing_reason((3, 12), "linux-x86_64", {"CC": "no-such-cc -O2"})
    assert missing_reason((3, 12), "linux-x86_64", {"CC": "sh"}) == ""


def test_ranks_are_of_the_engine_fenicsx() -> None:
    with pytest.raises(ConfigurationError, match="needs engine = 'fenicsx'"):
        SimulationChoice(ranks=2)


def test_an_object_without_a_name_cannot_travel() -> None:
    with pytest.raises(InputError, match="by their names"):
        simulate("lcU1", LinearElastic(np.eye(6)), engine="fenicsx")
