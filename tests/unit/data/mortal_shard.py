"""Shards whose worker is killed while it makes one of them, so many times."""

import os
import signal
from pathlib import Path

from microtann.data.shard_file import make_shard
from microtann.system.threads import blas_threads
from microtann.system.worker_threads import worker_threads

FOLDER = "MORTAL_SHARD_FOLDER"
TIMES = "MORTAL_SHARD_TIMES"
VICTIM = 64
"""First walk of the shard."""


def make(job, first, last):
    """Make a shard; note the threads of this worker, and end it without a word if it is its turn."""
    folder = Path(os.environ[FOLDER])
    if first == VICTIM and killed(folder) < int(os.environ.get(TIMES, "1")):
        (folder / f"killed-{os.getpid()}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    (folder / f"threads-{first}").write_text(f"{blas_threads()} of the BLAS, {worker_threads()} of ours")
    return make_shard(job, first, last)


def killed(folder):
    """How many workers were killed."""
    return len(list(folder.glob("killed-*")))


def threads(folder):
    """What the workers noted of their threads."""
    return [file.read_text() for file in folder.glob("threads-*")]
