// Internal coordinates of a state: A E + c, and layers of neurons on the states.
import { unpacked } from "./packed_arrays.mjs";

const ACTIVATIONS = {
  relu: (x) => Math.max(x, 0),
  leaky: (x) => (x > 0 ? x : 0.01 * x),
  tanh: Math.tanh,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
};

function multiplied(matrix, values, start) {
  const [rows, columns] = matrix.shape;
  const out = Float64Array.from(start);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++, at++) sum += matrix[at] * values[j];
    out[i] += sum;
  }
  return out;
}

export class Decoder {
  constructor(packed) {
    this.elastic = unpacked(packed.elastic);
    this.activation = ACTIVATIONS[packed.activation];
    this.layers = packed.layers.map(({ weight, bias }) => ({ weight: unpacked(weight), bias: unpacked(bias) }));
  }

  /** The coordinates at a strain and at states that count from the virgin ones. */
  decode(strain, state) {
    let values = state;
    this.layers.forEach(({ weight, bias }, i) => {
      values = multiplied(weight, values, bias);
      if (i < this.layers.length - 1) values = values.map(this.activation);
    });
    return multiplied(this.elastic, strain, values);
  }
}
