"""The published form on the regular cube: as shipped, and by the schedule of the paper cut short."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.published import PAPER, plan, shortened

import microtann as mt
from microtann.data.generate import generate
from microtann.evaluation.published import STRESS_ERROR
from microtann.tann.autoencoder import Autoencoder
from microtann.tann.layers import TransposedLayers
from microtann.training import train


def test_the_shipped_model_has_the_networks_of_the_paper() -> None:
    point = mt.load("cube-published").point
    assert isinstance(point.reduction, Autoencoder)
    assert isinstance(point.reduction.decoder, TransposedLayers)
    assert not point.reduction.elastic.any()  # raw coordinates
    encoder, evolution = point.reduction.encoder.layers, point.evolution.network.layers
    assert [encoder[0].weight.shape[1], *(layer.weight.shape[0] for layer in encoder)] == [
        52,
        352,
        176,
        88,
        44,
        22,
    ]
    assert [layer.weight.shape[0] for layer in evolution] == [88, 88, 88, 22]
    assert [layer.weight.shape for layer in point.energy.network.layers] == [(96, 28), (1, 96)]


@pytest.mark.parametrize("path", ["b", "c", "d", "e"])
def test_it_is_no_worse_than_the_network_of_the_authors(path: str) -> None:
    errors = mt.evaluate("cube-published", [path]).paths[path]
    assert errors.stress < STRESS_ERROR[path]
    assert errors.stress == pytest.approx(mt.model_card("cube-published").errors[path]["stress"], rel=0.05)


@pytest.mark.verify
def test_the_schedule_of_the_paper_learns() -> None:
    """A thousandth and a half of its epochs; all of it is ``python -m benchmarks published --paper``."""
    dataset = generate(mt.cube_cell(), mt.ElastoplasticBar(), plan(60))
    form = replace(shortened(PAPER, 0.0015), patience=100)
    history = train(dataset, form).information.history
    for phase, least in (("training", 0.8), ("tuning", 1.0)):
        losses = [r.validation for r in history if r.phase == phase]
        assert np.isfinite(losses).all()
        assert losses[-1] < least * losses[0], phase
