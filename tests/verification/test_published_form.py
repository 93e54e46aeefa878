"""The published form on the regular cube: as shipped, and by the schedule of the paper cut short."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import microtann as mt
from microtann.reproduction import PUBLISHED
from microtann.tann.autoencoder import Autoencoder
from microtann.tann.layers import TransposedLayers


def test_the_shipped_model_has_the_networks_of_the_paper() -> None:
    point = mt.load("cube-published").point
    assert isinstance(point.reduction, Autoencoder)
    assert isinstance(point.reduction.decoder, TransposedLayers)
    assert point.reduction.elastic.any()  # residual coordinates
    encoder, evolution = point.reduction.encoder.layers, point.evolution.network.layers
    assert [encoder[0].weight.shape[1], *(layer.weight.shape[0] for layer in encoder)] == [
        52,
        352,
        176,
        88,
        44,
        13,
    ]
    assert [layer.weight.shape[0] for layer in evolution] == [88, 88, 88, 13]
    assert [layer.weight.shape for layer in point.energy.network.layers] == [(96, 19), (1, 96)]


@pytest.mark.parametrize("path", ["b", "c", "d", "e", "g"])
def test_it_is_no_worse_than_the_network_of_the_authors(path: str) -> None:
    errors = mt.evaluate("cube-published", [path]).paths[path]
    assert errors.stress < PUBLISHED.stress[path]
    assert errors.stress == pytest.approx(mt.model_card("cube-published").errors[path]["stress"], rel=0.05)


@pytest.mark.verify
def test_the_schedule_of_the_paper_learns(tmp_path: Path) -> None:
    """A thousandth and a half of its epochs; all of it is ``python -m benchmarks published --paper``."""
    root = Path(__file__).parents[2]
    arguments = ["benchmarks", "published", "--paper", "--share", "0.0015", "--walks", "60"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])}
    subprocess.run([sys.executable, "-m", *arguments], cwd=tmp_path, env=environment, check=True, timeout=500)
    row = json.loads((tmp_path / "results" / "benchmarks" / "published-paper.json").read_text())["results"][0]
    assert row["form"] == "as the paper"
    assert row["last"] < 0.5 * row["first"]
    assert not list(tmp_path.rglob("*.checkpoint"))  # it has finished
