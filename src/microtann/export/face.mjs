/* @TITLE@: the face of @WASM@.

   import { load } from "./@PREFIX@.mjs";
   const material = await load();
   let at = material.virgin(1);
   at = material.update(new Float64Array([@EXAMPLE@]), at);   // at.stress, at.tangent, at.energy, ...

   Arrays are Float64Array, all points behind each other; strains in the order @ORDER@ with engineering shear.
   States count from the virgin material. */

export const about = @ABOUT@;

export class Material {
  /**
   * @param {WebAssembly.Exports} functions of a module
   * @param described what it says of itself; a page may hold several modules
   */
  constructor(functions, described = about) {
    this.functions = functions;
    this.about = described;
    this.components = described.components.length;
    this.states = described.states;
    this.start = Math.ceil(functions.heap() / 64) * 64;
    this.kept = {};
  }

  /** The virgin state of n points. */
  virgin(n) {
    return { strain: new Float64Array(n * this.components), state: new Float64Array(n * this.states) };
  }

  /**
   * One increment of n points: of strain, from what virgin() or an earlier update() has returned, which it leaves as
   * it is. Results that fail (far outside of the range of the training, no finite number, a flow that is not found)
   * are NaN; `failed` counts their points.
   */
  update(increment, before, { dt = 1, tangent = true } = {}) {
    const n = this.points(increment, before);
    const [V, Z] = [this.components, this.states];
    const { at, arrays } = this.places(tangent ? "update" : "step", n, [V, V, Z, V, Z, tangent ? V * V : 0, 1, 1]);
    arrays[0].set(before.strain);
    arrays[1].set(increment);
    arrays[2].set(before.state);
    const failed = this.functions.update(n, dt, at[0], at[1], at[2], at[3], at[4], tangent ? at[5] : 0, at[6], at[7]);
    const strain = before.strain.slice();
    for (let i = 0; i < strain.length; i++) strain[i] += increment[i]; // a callback would cost a tenth of the model
    return {
      stress: arrays[3].slice(),
      tangent: tangent ? arrays[5].slice() : null,
      strain,
      state: arrays[4].slice(),
      energy: arrays[6].slice(),
      dissipation: arrays[7].slice(),
      failed,
    };
  }

  /** How far an increment that led to `after` reaches in the range of the training: 1 on its border. */
  reach(increment, before, after) {
    const n = this.points(increment, before);
    const [V, Z] = [this.components, this.states];
    const { at, arrays } = this.places("reach", n, [V, V, Z, 1]);
    arrays[0].set(before.strain);
    arrays[1].set(increment);
    arrays[2].set(after.state);
    this.functions.reach(n, ...at);
    return arrays[3].slice();
  }

  /** The number of points; sizes that do not fit are refused. */
  points(increment, before) {
    const [V, Z] = [this.components, this.states];
    const n = increment.length / V;
    if (!Number.isInteger(n) || before.strain.length !== n * V || before.state.length !== n * Z) {
      throw new RangeError(
        `${this.about.name} takes ${V} strains and ${Z} states a point, got ${increment.length} increments, ` +
          `${before.strain.length} strains and ${before.state.length} states`,
      );
    }
    return n;
  }

  /** Arrays in the memory of the module, which grows as it must: kept, since a new one costs as much as a point. */
  places(kind, n, widths) {
    const { memory } = this.functions;
    const known = this.kept[kind];
    if (known?.n === n && known.buffer === memory.buffer) return known;
    const at = [];
    let end = this.start;
    for (const width of widths) {
      at.push(end);
      end += Math.ceil((n * width) / 8) * 64;
    }
    const missing = Math.ceil((end - memory.buffer.byteLength) / 65536);
    if (missing > 0) memory.grow(missing);
    const { buffer } = memory;
    const arrays = widths.map((width, i) => new Float64Array(buffer, at[i], n * width));
    return (this.kept[kind] = { n, buffer, at, arrays });
  }
}

/**
 * The material of a module: its bytes, or where it is; by default the file beside this one.
 * @param {BufferSource | URL | string} source
 */
export async function load(source = new URL("./@WASM@", import.meta.url)) {
  let bytes = source;
  if (typeof source === "string" || source instanceof URL) {
    const place = new URL(source, import.meta.url);
    if (place.protocol === "file:") bytes = await (await import("node:fs/promises")).readFile(place);
    else bytes = await (await fetch(place)).arrayBuffer();
  }
  const { instance } = await WebAssembly.instantiate(bytes, {});
  return new Material(instance.exports);
}
