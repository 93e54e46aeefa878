// Play mechanisms of given arrays, with the functions of an exported material: for tests without a compiler.
export class PlayMaterial {
  constructor({ elastic, coupling, resistance, energy }) {
    Object.assign(this, { elastic, coupling, resistance, energy });
    this.components = elastic.length;
    this.states = resistance.length;
  }

  virgin() {
    return { strain: new Float64Array(this.components), state: new Float64Array(this.states) };
  }

  update(increment, before) {
    const strain = before.strain.map((value, i) => value + increment[i]);
    const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    const stress = Float64Array.from(this.elastic, (row) => dot(row, strain));
    const tangent = Float64Array.from(this.elastic.flat());
    const state = before.state.slice();
    let [stored, lost] = [dot(stress, strain) / 2, 0];
    this.resistance.forEach((limit, m) => {
      const row = this.coupling[m];
      let force = dot(row, strain) - state[m];
      if (Math.abs(force) > limit) {
        const left = Math.sign(force) * limit;
        state[m] += force - left;
        lost += left * (force - left);
        force = left;
      } else row.forEach((a, i) => row.forEach((b, j) => (tangent[i * this.components + j] += a * b)));
      stored += force ** 2 / 2;
      row.forEach((a, i) => (stress[i] += force * a));
    });
    const scaled = (values) => values.map((value) => this.energy * value);
    const failed = strain.every(Number.isFinite) ? 0 : 1;
    const [energy, dissipation] = [Float64Array.of(this.energy * stored), Float64Array.of(this.energy * lost)];
    return { stress: scaled(stress), tangent: scaled(tangent), strain, state, energy, dissipation, failed };
  }

  reach() {
    return Float64Array.of(0);
  }
}
