"""Loggers of the rooms hear of progress; nobody else does, and JAX does not speak of TPUs."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.walks import WalkPlan
from microtann.system.jax_messages import JAX_LOGGER, MISSING_TPU
from microtann.system.progress import logged


def test_a_piece_of_work_is_logged_under_its_room(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="microtann"), logged("studies")("search") as report:
        report(1.0, 4.0, "first point")
    assert [(r.name, r.levelname) for r in caplog.records] == [
        ("microtann.studies", level) for level in ("INFO", "DEBUG", "INFO")
    ]
    assert caplog.messages[:2] == ["search ...", "search: 25 %, first point"]
    assert caplog.messages[2].startswith("search: done in ")


def test_data_generation_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="microtann"):
        generate(mt.Lattice(mt.square_cell()), WalkPlan(paths=20, steps=2))
    heard = [r.getMessage() for r in caplog.records if r.name == "microtann.data"]
    assert heard[-1] == "generating data: 40 of 40 increments"


def test_nothing_is_said_by_default() -> None:
    program = "from microtann.system.progress import logged\nwith logged('data')('walks') as r: r(1, 2, 'a')\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == done.stderr == ""


def test_a_missing_tpu_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(JAX_LOGGER)
    with caplog.at_level(logging.INFO, logger=JAX_LOGGER):
        logger.info("%s: INTERNAL: Failed to open libtpu.so", MISSING_TPU)
        logger.info("another backend")
        logger.warning("%s", MISSING_TPU)
    assert caplog.messages == ["another backend", MISSING_TPU]
