"""The slip problem min ½ x·Kx − r·x + Σ k|x|: its solvers, for cells and for the forms of TANN alike."""

from microtann.system.compilation import announce_compilation

# here, since all that calls compiled kernels solves slips, or uses their yield tolerance
announce_compilation()
