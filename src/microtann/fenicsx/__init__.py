"""FEniCSx as the engine beyond one machine: elements and states on many processes, PETSc's solvers, our materials.

Needs the extra ``fenicsx``. A script imports microtann first, and is started by ``mpiexec -n 4 python script.py``.
"""

from microtann.fenicsx.distributed_model import DistributedModel
from microtann.fenicsx.distributed_result import DistributedResult

__all__ = ["DistributedModel", "DistributedResult"]
