"""Shapes in signatures are checked by beartype while the tests run; a skip that nobody expects is a failure."""

import gc
import os
import signal
from collections.abc import Iterator
from importlib.metadata import version

import numpy.typing
import pytest
from threadpoolctl import threadpool_limits

from fresh_kernels import use_fresh_cache
from shape_checker import check_shapes

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so shells start what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)
use_fresh_cache()
pytest_plugins = ["expected_skips", "order_of_files"]

# Compilers make millions of objects that live for long: Python would look through all of them again and again for
# cycles to collect, a tenth of the time of all tests.
gc.set_threshold(50_000, 20, 20)

os.environ["JAX_ENABLE_X64"] = "1"  # the hook imports JAX, before microtann can choose its precision
# Tests compile far more than they compute; some settings of `tests.processors` compile as users do.
FLAGS = ["--xla_backend_optimization_level=0"]
if tuple(map(int, version("jaxlib").split(".")[:2])) < (0, 11):  # later ones end at a flag that they do not know
    FLAGS.append("--xla_cpu_use_fusion_emitters=false")
os.environ.setdefault("XLA_FLAGS", " ".join(FLAGS))

if not hasattr(numpy.typing.NDArray, "__origin__"):  # an alias from NumPy 2.5 on, which jaxtyping cannot read
    vars(numpy.typing)["NDArray"] = numpy.typing.NDArray.__value__

check_shapes()

ALL_THREADS = ("unit/data/",)
"""Tests that hold data made by several threads of the BLAS against data made by one."""

LOOK_AT_PICTURES = ("unit/plotting/", "unit/report/", "examples/test_examples.py", "unit/cli/test_command_line.py")
"""Tests of what figures show; those of all others are coarse, for drawing takes longer than what is drawn."""
COARSE = 25.0
"""Pixels per inch."""


def pytest_collection_finish() -> None:
    """Leave what has been imported, and stays, out of every later search for cycles."""
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _one_blas_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give the BLAS one thread: the matrices of most tests are so small that more of them only spin."""
    if any(folder in request.path.as_posix() for folder in ALL_THREADS):
        yield
    else:
        with threadpool_limits(1, user_api="blas"):
            yield


@pytest.fixture(scope="module", autouse=True)
def _coarse_pictures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Draw all that a report shows, in fewer pixels."""
    from microtann.plotting import bodies
    from microtann.plotting.style import PARAMETERS

    with pytest.MonkeyPatch.context() as patch:
        if not any(folder in request.path.as_posix() for folder in LOOK_AT_PICTURES):
            patch.setattr(bodies, "DPI", COARSE)
            patch.setitem(PARAMETERS, "savefig.dpi", COARSE)
        yield
