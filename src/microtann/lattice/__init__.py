"""Lattices: periodic cells, their bars, families of cells, and cells in files."""

from microtann.compilation import announce_compilation

# here, since all that calls compiled kernels uses lattices, or the yield tolerance of their bars
announce_compilation()
