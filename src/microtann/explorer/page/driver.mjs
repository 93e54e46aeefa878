// One material point: strain or stress prescribed, component by component, increment after increment.
import { solved } from "./linear_solve.mjs";

const CONVERGED = 1e-12; // stress left, relative to the stresses
const GOOD_ENOUGH = 1e-10; // where round-off lets no more be had
const ROUNDS = 40;
const HALVINGS = 6;
const STRESS_STEPS = 60; // increments in which a usual stress is let go
const SLACK = 0.1; // a shortened step has so much of the derivative left at most

export class Driver {
  /**
   * @param material of the exported module
   * @param sizes {stiffness, strength}: largest elastic stiffness, and a usual stress
   */
  constructor(material, { stiffness, strength }) {
    this.material = material;
    this.size = material.components;
    this.stiffness = stiffness;
    this.strength = strength;
    this.reset();
  }

  /** Back to the virgin material. */
  reset() {
    this.at = this.material.virgin(1);
    this.at.stress = new Float64Array(this.size);
    this.at.energy = new Float64Array(1);
    this.dissipated = 0;
    this.reach = 0;
    this.iterations = 0;
  }

  /** What may be kept of where the material is, and given to `restore`. */
  place() {
    return { at: this.at, dissipated: this.dissipated, reach: this.reach };
  }

  restore(place) {
    Object.assign(this, place);
  }

  /**
   * One increment; false if its unknown strains are not found, or the model gives no answer: then nothing has moved.
   * @param {ArrayLike<number>} target strain at the end, or stress in the components that are free, mostly zero
   * @param {ArrayLike<boolean>} free components whose strain follows from their stress
   */
  increment(target, free, dt = 1) {
    const before = this.place();
    if (this.increased(target, free, dt, 0)) return true;
    this.restore(before);
    return false;
  }

  /** Strains, and stresses of free components. */
  present(free) {
    return this.at.strain.map((value, i) => (free[i] ? this.at.stress[i] : value));
  }

  /** The same, in halves where Newton's method fails. */
  increased(target, free, dt, depth) {
    const step = new Float64Array(this.size);
    const unknown = [];
    for (let i = 0; i < this.size; i++) {
      if (free[i]) unknown.push(i);
      else step[i] = target[i] - this.at.strain[i];
    }
    const found = this.newton(step, unknown, target, dt);
    if (found) {
      this.reach = this.material.reach(step, this.at, found)[0];
      this.dissipated += found.dissipation[0];
      this.at = found;
      return true;
    }
    if (depth === HALVINGS || !unknown.length) return false;
    const middle = this.present(free).map((value, i) => (value + target[i]) / 2);
    return (
      this.increased(middle, free, dt / 2, depth + 1) && this.increased(target, free, dt / 2, depth + 1)
    );
  }

  /** The end of an increment whose unknown strains Newton's method finds and writes into `step`, or null. */
  newton(step, unknown, target, dt) {
    const last = { size: Infinity, end: null, step: null };
    for (let round = 0; round < ROUNDS; round++) {
      this.iterations++;
      const end = this.material.update(step, this.at, { dt, tangent: unknown.length > 0 });
      if (end.failed) return null;
      if (!unknown.length) return end;
      const left = unknown.map((i) => end.stress[i] - target[i]);
      const scale = Math.max(this.strength, ...end.stress.map(Math.abs));
      const size = Math.max(...left.map(Math.abs)) / scale;
      if (size <= CONVERGED) return end;
      if (size <= GOOD_ENOUGH && size >= 0.5 * last.size) {
        if (last.size < size) step.set(last.step);
        return last.size < size ? last.end : end;
      }
      Object.assign(last, { size, end, step: step.slice() });
      const matrix = unknown.flatMap((i) => unknown.map((j) => end.tangent[i * this.size + j]));
      const way = solved(matrix, left.map((value) => -value), this.stiffness);
      this.moveAlong(step, unknown, target, way, left, dt);
    }
    return last.size <= GOOD_ENOUGH ? last.end : null;
  }

  /** Go a way, or so far that the derivative of the energy along it vanishes if it does so before. */
  moveAlong(step, unknown, target, way, left, dt) {
    const from = step.slice();
    const go = (part) => unknown.forEach((i, k) => (step[i] = from[i] + part * way[k]));
    const slope = left.reduce((sum, value, k) => sum + value * way[k], 0);
    const derivative = (part) => {
      go(part);
      const end = this.material.update(step, this.at, { dt, tangent: false });
      if (end.failed) return Infinity;
      return unknown.reduce((sum, i, k) => sum + (end.stress[i] - target[i]) * way[k], 0);
    };
    const limit = SLACK * Math.abs(slope);
    let [low, high, atLow, atHigh] = [0, 1, slope, derivative(1)];
    if (!(atHigh > 0.5 * Math.abs(slope))) return;
    for (let round = 0; round < ROUNDS; round++) {
      const even = !Number.isFinite(atHigh) || round % 3 === 2;
      const part = even ? (low + high) / 2 : low - (atLow * (high - low)) / (atHigh - atLow);
      const value = derivative(part);
      if (Math.abs(value) <= limit) return;
      if (value > 0) [high, atHigh] = [part, value];
      else [low, atLow] = [part, value];
    }
  }

  /**
   * Go to a target in as many increments as the strides of its components want.
   * @param stride longest increment of every strain
   * @param after called behind every increment with its target
   */
  approach(target, free, stride, { dt = 1, after = () => {} } = {}) {
    const from = this.present(free);
    const longest = stride.map((value, i) => (free[i] ? this.strength / STRESS_STEPS : value));
    const parts = longest.map((value, i) => Math.ceil(Math.abs(target[i] - from[i]) / value - 1e-9));
    const count = Math.max(1, ...parts);
    for (let part = 1; part <= count; part++) {
      const next = from.map((value, i) => value + ((target[i] - value) * part) / count);
      if (!this.increment(next, free, dt)) return false;
      after(next);
    }
    return true;
  }
}
