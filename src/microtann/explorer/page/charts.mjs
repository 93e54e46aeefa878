// What the material answers: stress–strain loops, energy and dissipation, states.
import { DrawnPlot, roomFor } from "./drawn_plot.mjs";
import { cleared, signedPaint, tint } from "./look.mjs";

const BROAD = { get colour() { return tint("exact"); }, width: 6 }; // the exact cell's line, behind the model's

function ends(rows, value) {
  let [low, high] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const own = value(rows[i], i);
    if (own < low) low = own;
    if (own > high) high = own;
  }
  return [low, high];
}

function withUnit(words, unit) {
  return unit && unit !== "1" ? `${words} [${unit}]` : words;
}

export class Charts {
  constructor({ loops, energy, states }, { components, extent, strength, units }) {
    Object.assign(this, { components, extent, strength, units, statesCanvas: states });
    this.loops = new DrawnPlot(loops);
    this.energy = new DrawnPlot(energy);
  }

  /** Stress against strain of one component, with that of the exact cell behind it if there is one. */
  drawLoops(rows, component, exact) {
    const [strain, stress] = [(row) => row.strain[component], (row) => row.stress[component]];
    const all = exact ? [...rows, ...exact] : rows;
    const [left, right] = ends(all, strain);
    const [bottom, top] = ends(all, stress);
    const name = this.components[component];
    const plot = this.loops.begin(
      roomFor(left, right, 0.5 * this.extent[component]),
      roomFor(bottom, top, 0.25 * this.strength),
      { across: withUnit(`strain ${name}`, this.units.strain), up: withUnit(`stress ${name}`, this.units.stress) },
    );
    if (exact) plot.line(exact, strain, stress, BROAD);
    plot.line(rows, strain, stress, { colour: tint("model"), fades: true, width: 2.2 });
    const last = rows[rows.length - 1];
    plot.dot(strain(last), stress(last), tint("model"));
    plot.end();
  }

  drawEnergy(rows, exact) {
    const [stored, lost] = [(row) => row.energy, (row) => row.dissipated];
    const high = Math.max(ends(rows, stored)[1], ends(rows, lost)[1]);
    const count = Math.max(rows.length - 1, 60);
    const plot = this.energy.begin([0, count], [0, Math.max(1.08 * high, 1e-3 * this.strength * this.extent[0])], {
      across: "",
      up: withUnit("energy per volume", this.units.energy),
    });
    const across = (_, i) => i;
    for (const [value, colour] of [[lost, "lost"], [stored, "model"]]) {
      if (exact) plot.line(exact, across, value, BROAD);
      plot.line(rows, across, value, { colour: tint(colour), width: 2 });
      plot.dot(rows.length - 1, value(rows[rows.length - 1]), tint(colour));
    }
    plot.end();
  }

  /** A bar for every state, upwards where it is positive, in the largest size that any has had. */
  drawStates(state, largest) {
    const { context, width, height } = cleared(this.statesCanvas);
    const middle = height / 2;
    const pitch = width / state.length;
    context.fillStyle = tint("line");
    context.fillRect(0, Math.round(middle), width, 1);
    const gap = Math.min(4, 0.25 * pitch);
    state.forEach((value, i) => {
      const share = largest ? value / largest : 0;
      const size = Math.max(Math.abs(share) * (middle - 3), 1);
      context.fillStyle = Math.abs(share) < 1e-3 ? tint("axis") : signedPaint(Math.sign(share) * (0.3 + 0.7 * Math.abs(share)));
      context.beginPath();
      context.roundRect(i * pitch + gap / 2, share > 0 ? middle - size : middle, Math.min(pitch - gap, 26), size, 2);
      context.fill();
    });
  }
}
