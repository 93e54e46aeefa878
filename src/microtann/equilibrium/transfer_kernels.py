"""Transfer between two levels of multigrid, by a prolongation P of blocks in single precision, compiled.

Blocks have 2, 3 or 6 rows, the unknowns of a fine node, and 3 or 6 columns, those of a coarse one; data is flat.
Fine vectors are as the smoothers leave them, ``stride`` places a node. A call treats the rows from first to last.
"""

from __future__ import annotations

from numba import njit

from microtann.equilibrium.block_rows_kernel import (
    block_row3,
    block_row6,
    node3,
    node6,
    plus,
    row_sum,
    write_node,
    zeros3,
    zeros6,
)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def restrict_three(first, last, indptr, nodes, blocks, data, height, stride, fine, scratch, coarse):
    """Write Pᵀ fine into ``coarse``, (rows 3,).

    Of every coarse node indptr says which fine nodes touch it, and with which blocks of P.
    """
    for row in range(first, last):
        total = zeros3()
        for pair in range(indptr[row], indptr[row + 1]):
            for i in range(height):
                k = 3 * (height * blocks[pair] + i)
                total = plus(total, block_row3(data, k), fine[stride * nodes[pair] + i])
        write_node(scratch, 4 * row, total)
        for j in range(3):
            coarse[3 * row + j] = scratch[4 * row + j]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def restrict_six(first, last, indptr, nodes, blocks, data, height, stride, fine, scratch, coarse):
    """Write Pᵀ fine into ``coarse``, (rows 6,); see `restrict_three`."""
    for row in range(first, last):
        total = zeros6()
        for pair in range(indptr[row], indptr[row + 1]):
            for i in range(height):
                k = 6 * (height * blocks[pair] + i)
                total = plus(total, block_row6(data, k), fine[stride * nodes[pair] + i])
        write_node(scratch, 8 * row, total)
        for j in range(6):
            coarse[6 * row + j] = scratch[8 * row + j]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def subtract_prolonged_three(first, last, indptr, indices, data, height, stride, coarse, fine):
    """Take P coarse off ``fine``; indptr and indices are those of the block rows of P, coarse is padded."""
    for row in range(first, last):
        for i in range(height):
            total = zeros3()
            for pair in range(indptr[row], indptr[row + 1]):
                total = plus(total, block_row3(data, 3 * (height * pair + i)), node3(coarse, 4 * indices[pair]))
            fine[stride * row + i] -= row_sum(total)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def subtract_prolonged_six(first, last, indptr, indices, data, height, stride, coarse, fine):
    """Take P coarse off ``fine``; see `subtract_prolonged_three`."""
    for row in range(first, last):
        for i in range(height):
            total = zeros6()
            for pair in range(indptr[row], indptr[row + 1]):
                total = plus(total, block_row6(data, 6 * (height * pair + i)), node6(coarse, 8 * indices[pair]))
            fine[stride * row + i] -= row_sum(total)
