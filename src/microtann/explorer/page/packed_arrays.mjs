// Arrays as Python packs them: their numbers in base64.

const KINDS = { float32: Float32Array, float64: Float64Array, int32: Int32Array };

/** The bytes of a text in base64. */
export function unpackedBytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** The numbers of a packed array, row by row; `shape` says how many rows. */
export function unpacked({ kind, shape, base64 }) {
  const values = new KINDS[kind](unpackedBytes(base64).buffer);
  values.shape = shape;
  return values;
}
