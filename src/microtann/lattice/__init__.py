"""Lattices: periodic cells, their bars, families of cells, and cells in files."""

from microtann.compilation import announce_compilation

announce_compilation()  # here, since whatever calls compiled kernels uses lattices or the yield tolerance of their bars
