"""A setting that does nothing is told in one sentence."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from microtann.data.increments import Dataset
from microtann.errors import ReadingNote
from microtann.forms import Play, Published, Variational
from microtann.forms.variational.slip_reduction import SlipSystem
from microtann.forms.variational.unused_settings import unused_by_start
from microtann.training import train
from microtann.training.form import TrainableForm


@pytest.mark.parametrize(
    ("form", "sentences"),
    [
        (Variational(), []),
        (Variational(prune=0.1, viscosity=1.0, rate_exponent=2.0), []),
        (Variational(prune=0.1, updates=0), ["prune = 0.1 is not used: nothing is trained with updates = 0"]),
        (Variational(rate_exponent=2.0), ["rate_exponent = 2 is not used: the slips have no viscosity"]),
        (Published(tied=False, encoder_widths=(4,)), []),
        (Published(reduction="pod"), []),
        (
            Published(reduction="pod", tied=False, encoder_widths=(4,)),
            [f"{name} is not used: reduction = 'pod' has no autoencoder" for name in ("tied", "encoder_widths")],
        ),
        (Play(), []),
    ],
)
def test_settings_without_effect_beside_others(form: TrainableForm, sentences: list[str]) -> None:
    assert list(form.unused()) == sentences


def test_a_start_that_was_found_has_no_more_than_it_has() -> None:
    system = SlipSystem(np.eye(3), np.zeros((4, 3)), np.zeros((4, 5)))
    usual = asdict(Variational())

    def said(of_lattice: bool, **given: int) -> list[str]:
        return [sentence.split(":")[0] for sentence in unused_by_start(usual | given, usual, system, of_lattice)]

    assert said(False, slips=5) == []
    assert said(False, slips=60, states=30, starts=3) == [
        "slips = 60 is not reached",
        "states = 30 is not reached",
        "starts = 3 is not used",
    ]
    assert said(True, slips=60, states=30) == ["slips = 60 is not reached"]


def test_training_tells(square: Dataset) -> None:
    with pytest.warns(ReadingNote, match="slips = 60 is not reached: all 4 slips of the microstructure are taken"):
        train(square, Variational(slips=60, updates=0))
