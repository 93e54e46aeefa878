"""Rows of small blocks as vectors, for compiled products: rows of three fill four lanes, rows of six fill eight.

numba leaves short loops as they are; a row is a value on which one instruction acts. Lanes beyond its entries are
zero. Vectors in memory are padded to the lanes, `LANES`, and read and written whole; blocks are not: their rows
are read as they lie, in single or double precision. Sums over the entries are taken in one order everywhere.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

LANES = {2: 2, 3: 4, 6: 8}
"""Places of a node in a padded vector, by its unknowns; two are never padded."""


class BlockRow(types.Type):
    """The type of a row of so many entries."""

    def __init__(self, entries):
        self.entries = entries
        super().__init__(name=f"BlockRow{entries}")


@register_model(BlockRow)
class _BlockRowModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _vector(kind))


def _vector(kind):
    return ir.VectorType(ir.DoubleType(), LANES[kind.entries])


def _address(context, builder, kind, array, first):
    return builder.gep(context.make_array(kind)(context, builder, array).data, [first])


def _block_reader(row):
    """Return a compiled function that reads a row of a block from a flat array, and nothing beyond it."""
    lanes = LANES[row.entries]

    @intrinsic
    def read(typing, array, first):
        double = array.dtype == types.float64

        def generate(context, builder, signature, arguments):
            flag, scalar = ir.IntType(1), ir.DoubleType() if double else ir.FloatType()
            kind, mask = ir.VectorType(scalar, lanes), ir.VectorType(flag, lanes)
            address = _address(context, builder, signature.args[0], *arguments)
            address = builder.bitcast(address, kind.as_pointer())
            function = cgutils.get_or_insert_function(
                builder.module,
                ir.FunctionType(kind, [kind.as_pointer(), ir.IntType(32), mask, kind]),
                f"llvm.masked.load.v{lanes}f{64 if double else 32}.p0",
            )
            inside = ir.Constant(mask, [ir.Constant(flag, int(i < row.entries)) for i in range(lanes)])
            alignment = ir.Constant(ir.IntType(32), 8 if double else 4)
            found = builder.call(function, [address, alignment, inside, ir.Constant(kind, None)])
            return found if double else builder.fpext(found, _vector(row))

        return row(array, types.intp), generate

    return read


def _node_reader(row):
    """Return a compiled function that reads the entries of a node from a padded vector."""

    @intrinsic
    def read(typing, array, first):
        def generate(context, builder, signature, arguments):
            address = _address(context, builder, signature.args[0], *arguments)
            return builder.load(builder.bitcast(address, _vector(row).as_pointer()), align=8)

        return row(array, types.intp), generate

    return read


def _zeros(row):
    """Return a compiled function that returns a row of zeros."""

    @intrinsic
    def zeros(typing):
        return row(), lambda context, builder, signature, arguments: ir.Constant(_vector(row), None)

    return zeros


three, six = BlockRow(3), BlockRow(6)
block_row3, block_row6 = _block_reader(three), _block_reader(six)
node3, node6 = _node_reader(three), _node_reader(six)
zeros3, zeros6 = _zeros(three), _zeros(six)


@intrinsic
def write_node(typing, array, first, row):
    """Write the entries of a node to a padded vector."""

    def generate(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], builder.bitcast(address, _vector(signature.args[2]).as_pointer()), align=8)

    return types.void(array, types.intp, row), generate


@intrinsic
def plus(typing, total, row, other):
    """Return a row plus the products of another one's entries with those of a third, or with a number."""

    def generate(context, builder, signature, arguments):
        total, row, other = arguments
        if not isinstance(signature.args[2], BlockRow):
            kind = _vector(signature.args[0])
            undefined = ir.Constant(kind, ir.Undefined)
            first = builder.insert_element(undefined, other, ir.Constant(ir.IntType(32), 0))
            places = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
            other = builder.shuffle_vector(first, undefined, places)
        return builder.fadd(total, builder.fmul(row, other, flags=("contract",)), flags=("contract",))

    return total(total, row, other), generate


@intrinsic
def row_sum(typing, row):
    """Return the sum of the entries of a row."""

    def generate(context, builder, signature, arguments):
        total = builder.extract_element(arguments[0], ir.Constant(ir.IntType(32), 0))
        for i in range(1, signature.args[0].entries):
            total = builder.fadd(total, builder.extract_element(arguments[0], ir.Constant(ir.IntType(32), i)))
        return total

    return types.float64(row), generate
