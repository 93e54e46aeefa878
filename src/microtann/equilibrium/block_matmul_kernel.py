"""Product of two sparse matrices of small blocks, those of the second of six columns, compiled.

Both are given by indptr and indices of their block rows and flat data in double precision; blocks of the first are
``height`` × ``inner``, of the second ``inner`` × 6. A call treats the rows from first to last. The blocks of a row
of the product stand in the order in which they are met, so that nothing depends on where the calls are cut.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.equilibrium.block_rows_kernel import block_row6, node6, plus, write_node, zeros6


@njit(cache=True, nogil=True, error_model="numpy")
def count_blocks(first, last, indptr, indices, other_indptr, other_indices, columns, count):
    """Write how many blocks every row of the product has to ``count``; ``columns`` are its block columns."""
    seen = np.full(columns, -1, dtype=np.int32)
    for row in range(first, last):
        met = 0
        for pair in range(indptr[row], indptr[row + 1]):
            k = indices[pair]
            for other in range(other_indptr[k], other_indptr[k + 1]):
                c = other_indices[other]
                if seen[c] != row:
                    seen[c] = row
                    met += 1
        count[row] = met


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def multiply_blocks(
    first, last, height, inner, indptr, indices, data, other_indptr, other_indices, other_data,
    columns, widest, found_indptr, found_indices, found_data,
):  # fmt: skip
    """Write indices and blocks of the rows of the product, of which none has more than ``widest`` blocks."""
    place = np.full(columns, -1, dtype=np.int32)
    totals = np.empty(8 * height * widest)
    for row in range(first, last):
        begin, met = found_indptr[row], 0
        for pair in range(indptr[row], indptr[row + 1]):
            k = indices[pair]
            for other in range(other_indptr[k], other_indptr[k + 1]):
                c = other_indices[other]
                slot = place[c]
                if slot < 0:
                    slot = place[c] = met
                    found_indices[begin + met] = c
                    met += 1
                    for i in range(height):
                        write_node(totals, 8 * (height * slot + i), zeros6())
                for i in range(height):
                    total = node6(totals, 8 * (height * slot + i))
                    for j in range(inner):
                        factor = data[(height * pair + i) * inner + j]
                        total = plus(total, block_row6(other_data, 6 * (inner * other + j)), factor)
                    write_node(totals, 8 * (height * slot + i), total)
        for slot in range(met):
            place[found_indices[begin + slot]] = -1
            for i in range(height):
                for j in range(6):
                    found_data[6 * (height * (begin + slot) + i) + j] = totals[8 * (height * slot + i) + j]
