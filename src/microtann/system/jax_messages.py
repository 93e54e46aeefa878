"""Keeps out of the log what JAX says of hardware that is not there and that nobody asked for."""

from __future__ import annotations

import logging

JAX_LOGGER = "jax._src.xla_bridge"
MISSING_TPU = "Unable to initialize backend 'tpu'"


def leave_out_missing_tpus() -> None:
    """Drop the line by which JAX tells every log at INFO that the machine has no TPU; errors are still told."""
    logging.getLogger(JAX_LOGGER).addFilter(_is_of_interest)


def _is_of_interest(record: logging.LogRecord) -> bool:
    return record.levelno > logging.INFO or not record.getMessage().startswith(MISSING_TPU)
