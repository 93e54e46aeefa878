// The cell in the state that the model decodes: bars coloured by force and swollen by plastic strain.
import { Decoder } from "./decoder.mjs";
import { channels, signedColour, tint } from "./look.mjs";
import { unpacked } from "./packed_arrays.mjs";
import { Tubes } from "./tubes.mjs";

const SWOLLEN = 1.3; // how much thicker a bar is at the largest plastic strain
const FEW = 40; // cells of fewer bars are shown with their neighbours
const SHOWN = 0.24; // displacements are drawn so that the largest strain looks like this one
const TUBE_NUMBERS = 11;

/** The symmetric tensor of a strain in Voigt's order with engineering shear, in three dimensions. */
export function strainTensor(strain) {
  if (strain.length === 3) {
    const [xx, yy, xy] = strain;
    return [[xx, xy / 2, 0], [xy / 2, yy, 0], [0, 0, 0]];
  }
  const [xx, yy, zz, yz, xz, xy] = strain;
  return [[xx, xy / 2, xz / 2], [xy / 2, yy, yz / 2], [xz / 2, yz / 2, zz]];
}

/** Points of any dimension in three. */
function inSpace(points) {
  const d = points.shape[1];
  return Array.from({ length: points.shape[0] }, (_, i) => [points[d * i], points[d * i + 1], d === 3 ? points[d * i + 2] : 0]);
}

/** A cell as Python describes it, and what a decoder says of it in any state. */
export class DecodedCell {
  constructor(picture) {
    this.dimension = picture.nodes.shape[1];
    this.nodes = inSpace(unpacked(picture.nodes));
    this.periods = inSpace(unpacked(picture.periods));
    this.bars = unpacked(picture.bars);
    this.count = this.bars.length / 2;
    this.area = unpacked(picture.area);
    this.whole = unpacked(picture.whole);
    this.young = picture.young ? unpacked(picture.young) : null;
    this.points = picture.points ? unpacked(picture.points) : null;
    this.decoder = new Decoder(picture.decoder);
    this.size = Math.max(...this.periods.map((period) => Math.hypot(...period)));
  }

  /** Displacements of the nodes, and of every bar its force (or null) and its plastic strain. */
  decode(strain, state) {
    const values = this.decoder.decode(strain, state);
    const d = this.dimension;
    const moved = this.nodes.map((_, i) => [values[d * i], values[d * i + 1], d === 3 ? values[d * i + 2] : 0]);
    const rest = d * this.nodes.length;
    const plastic = new Float64Array(this.count);
    if (this.points) {
      const each = this.points.shape[1];
      for (let i = 0; i < this.points.length; i++) {
        const value = values[rest + this.points[i]];
        const bar = Math.floor(i / each);
        if (Math.abs(value) > Math.abs(plastic[bar])) plastic[bar] = value;
      }
      return { moved, force: null, plastic };
    }
    const force = Float64Array.from({ length: this.count }, (_, i) => (values[rest + i] * this.whole[i]) / this.area[i]);
    if (this.young) {
      for (let i = 0; i < this.count; i++) {
        const [a, b] = [this.bars[2 * i], this.bars[2 * i + 1]];
        const way = this.nodes[b].map((x, k) => x - this.nodes[a][k]);
        const length = Math.hypot(...way);
        const stretch = way.reduce((sum, x, k) => sum + x * (moved[b][k] - moved[a][k]), 0) / length ** 2;
        plastic[i] = stretch - values[rest + i] / this.area[i] / this.young[i];
      }
    }
    return { moved, force, plastic };
  }
}

export class CellView {
  /**
   * @param canvas
   * @param cell DecodedCell
   * @param extent strains at the ends of the sliders
   * @param typical usual force of a bar, which has nearly the full colour
   */
  constructor(canvas, cell, extent, typical) {
    Object.assign(this, { canvas, cell, typical });
    this.tubes = new Tubes(canvas);
    this.magnified = SHOWN / Math.max(...extent);
    this.swelling = 0.7 * Math.max(...extent);
    const each = cell.count < FEW ? 2 : 1;
    this.copies = [];
    for (let i = 0; i < each; i++) {
      for (let j = 0; j < each; j++) {
        for (let k = 0; k < (cell.dimension === 3 ? each : 1); k++) this.copies.push([i, j, k]);
      }
    }
    this.middle = [0, 1, 2].map((k) => {
      const all = cell.nodes.map((node) => node[k]);
      const over = cell.periods.reduce((sum, period) => sum + ((each - 1) * period[k]) / 2, 0);
      return (Math.max(...all) + Math.min(...all)) / 2 + over;
    });
    this.scale = (cell.dimension === 3 ? 1.16 : 1.5) / (cell.size * each);
    const largest = Math.max(...cell.whole);
    const usual = cell.dimension === 3 ? Math.sqrt : (x) => x;
    const thick = Math.min(0.034, 0.3 / Math.sqrt(cell.count)) * (each === 2 ? 0.8 : 1);
    this.thickness = Float64Array.from(cell.whole, (area) => thick * Math.max(0.45, usual(area / largest)));
  }

  /** The cell of a strain and a state, seen as a `Turning` says. */
  draw(strain, state, turning, cell = this.cell) {
    const decoded = cell.decode(strain, state);
    const tensor = strainTensor(strain);
    const f = this.magnified;
    const affine = (point) => tensor.map((row) => row[0] * point[0] + row[1] * point[1] + row[2] * point[2]);
    const centre = affine(this.middle).map((u, k) => this.middle[k] + f * u);
    const place = (point, u) => point.map((x, k) => this.scale * (x + f * u[k] - centre[k]));
    const ends = this.cell.nodes.map((node, i) => place(node, decoded.moved[i]));
    const shifts = this.copies.map((copy) => {
      const shift = [0, 1, 2].map((k) => this.cell.periods.reduce((sum, period, p) => sum + (copy[p] ?? 0) * period[k], 0));
      return affine(shift).map((u, k) => this.scale * (shift[k] + f * u));
    });
    const { bars, count } = this.cell;
    const tubes = new Float32Array(TUBE_NUMBERS * count * shifts.length);
    const balls = new Float32Array(TUBE_NUMBERS * ends.length * shifts.length);
    const joint = new Float32Array(ends.length);
    const sizes = decoded.force ?? decoded.plastic;
    const typical = decoded.force ? this.typical : this.swelling;
    const joints = channels(tint("joint"));
    shifts.forEach((shift, copy) => {
      for (let i = 0; i < count; i++) {
        const radius = this.thickness[i] * (1 + SWOLLEN * Math.min(1, Math.abs(decoded.plastic[i]) / this.swelling));
        const [a, b] = [bars[2 * i], bars[2 * i + 1]];
        const at = TUBE_NUMBERS * (copy * count + i);
        for (let k = 0; k < 3; k++) {
          tubes[at + k] = ends[a][k] + shift[k];
          tubes[at + 3 + k] = ends[b][k] + shift[k];
        }
        tubes[at + 6] = radius;
        tubes.set(signedColour(sizes[i] / typical), at + 7);
        tubes[at + 10] = 1;
        joint[a] = Math.max(joint[a], radius);
        joint[b] = Math.max(joint[b], radius);
      }
    });
    shifts.forEach((shift, copy) => {
      ends.forEach((end, i) => {
        const at = TUBE_NUMBERS * (copy * ends.length + i);
        for (let k = 0; k < 3; k++) balls[at + k] = balls[at + 3 + k] = end[k] + shift[k];
        balls[at + 6] = 1.12 * joint[i];
        balls.set(joints, at + 7);
        balls[at + 10] = 1;
      });
    });
    this.tubes.draw(tubes, balls, { turn: matrixOf(turning), zoom: turning.zoom, back: channels(tint("stage")) });
  }
}

/** The rotation of a view, column by column: about the upright axis, then towards the eye. */
function matrixOf({ yaw, pitch, flat }) {
  const [c, s, p, q] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  if (flat) return new Float32Array([c, q * s, -p * s, 0, p, q, s, -q * c, p * c]);
  // the third axis of a cell in space points upwards
  return new Float32Array([c, q * s, -p * s, -s, q * c, -p * c, 0, p, q]);
}
