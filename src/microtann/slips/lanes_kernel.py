"""Eight numbers at once: a vector type for compiled code that treats eight material points together.

numba leaves it to the compiler whether a loop becomes vector instructions; short loops over several arrays do not.
`Lanes` is a value of eight floats on which arithmetic, comparisons and `select` act lane by lane, so that code for
one point serves for eight. Arrays of lanes are flat float arrays: place i holds the floats 8 i … 8 i + 7.

Truth in a lane is 1.0, falsehood 0.0. Machines without vectors of eight take several instructions.
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 8
"""Lanes of a vector."""

_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
_CONTRACT = ("contract",)


class Lanes(types.Type):
    """The type of eight floats."""

    def __init__(self):
        super().__init__(name="Lanes")


lanes = Lanes()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _VECTOR)


def _address(context, builder, kind, array, index):
    place = builder.mul(index, ir.Constant(index.type, WIDTH))
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), _VECTOR.as_pointer())


@intrinsic
def read(typing, array, place):
    """Return the lanes at a place of a flat array."""

    def generate(context, builder, signature, arguments):
        return builder.load(_address(context, builder, signature.args[0], *arguments), align=8)

    return lanes(array, types.intp), generate


@intrinsic
def store(typing, array, place, value):
    """Write lanes to a place of a flat array."""

    def generate(context, builder, signature, arguments):
        address = _address(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], address, align=8)

    return types.void(array, types.intp, lanes), generate


@intrinsic
def splat(typing, number):
    """Return lanes that all hold one number."""

    def generate(context, builder, signature, arguments):
        undefined = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(undefined, arguments[0], ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(first, undefined, zeros)

    return lanes(types.float64), generate


def _lanewise(count, emit):
    """Return a compiled function of lanes from what emits its instruction."""

    def generate(context, builder, signature, arguments):
        return emit(builder, *arguments)

    if count == 1:
        return intrinsic(lambda typing, a: (lanes(lanes), generate))
    if count == 2:
        return intrinsic(lambda typing, a, b: (lanes(lanes, lanes), generate))
    return intrinsic(lambda typing, a, b, c: (lanes(lanes, lanes, lanes), generate))


def _compare(relation):
    return lambda builder, a, b: builder.uitofp(builder.fcmp_ordered(relation, a, b), _VECTOR)


def _call(name, count):
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * count)

    def emit(builder, *arguments):
        function = cgutils.get_or_insert_function(builder.module, kind, f"{name}.v{WIDTH}f64")
        return builder.call(function, arguments)

    return _lanewise(count, emit)


def _choose(builder, truth, one, other):
    return builder.select(builder.fcmp_unordered("!=", truth, ir.Constant(_VECTOR, [0.0] * WIDTH)), one, other)


@intrinsic
def any_true(typing, truth):
    """Return whether some lane is true."""

    def generate(context, builder, signature, arguments):
        lane = builder.fcmp_unordered("!=", arguments[0], ir.Constant(_VECTOR, [0.0] * WIDTH))
        bits = builder.bitcast(lane, ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(WIDTH), 0))

    return types.boolean(lanes), generate


_add = _lanewise(2, lambda builder, a, b: builder.fadd(a, b, flags=_CONTRACT))
_subtract = _lanewise(2, lambda builder, a, b: builder.fsub(a, b, flags=_CONTRACT))
_multiply = _lanewise(2, lambda builder, a, b: builder.fmul(a, b, flags=_CONTRACT))
_divide = _lanewise(2, lambda builder, a, b: builder.fdiv(a, b))
_negate = _lanewise(1, lambda builder, a: builder.fneg(a))
_greater = _lanewise(2, _compare(">"))
_less = _lanewise(2, _compare("<"))
_absolute = _call("llvm.fabs", 1)
_larger = _call("llvm.maxnum", 2)
_smaller = _call("llvm.minnum", 2)
_select = _lanewise(3, _choose)
root = _call("llvm.sqrt", 1)


def _overload_operator(function, compiled):
    """Let an operator take lanes, or lanes and a number."""

    @overload(function)
    def overloaded(a, b):
        one, other = isinstance(a, Lanes), isinstance(b, Lanes)
        if one and other:
            return lambda a, b: compiled(a, b)
        if one and isinstance(b, types.Float):
            return lambda a, b: compiled(a, splat(b))
        if other and isinstance(a, types.Float):
            return lambda a, b: compiled(splat(a), b)
        return None


for _function, _compiled in (
    (operator.add, _add),
    (operator.sub, _subtract),
    (operator.mul, _multiply),
    (operator.truediv, _divide),
    (operator.gt, _greater),
    (operator.lt, _less),
    (max, _larger),
    (min, _smaller),
):
    _overload_operator(_function, _compiled)


@overload(operator.neg)
def _overload_neg(a):
    return (lambda a: _negate(a)) if isinstance(a, Lanes) else None


@overload(abs)
def _overload_abs(a):
    return (lambda a: _absolute(a)) if isinstance(a, Lanes) else None


def select(truth, one, other):
    """Return the one where true, else the other."""
    return one if truth else other


@overload(select)
def _overload_select(truth, one, other):
    if not isinstance(truth, Lanes):
        return lambda truth, one, other: one if truth else other
    if isinstance(one, Lanes) and isinstance(other, Lanes):
        return lambda truth, one, other: _select(truth, one, other)
    if isinstance(one, Lanes):
        return lambda truth, one, other: _select(truth, one, splat(other))
    if isinstance(other, Lanes):
        return lambda truth, one, other: _select(truth, splat(one), other)
    return lambda truth, one, other: _select(truth, splat(one), splat(other))
