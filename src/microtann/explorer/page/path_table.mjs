// The path so far and its answer: kept row by row, drawn, and written as a table that other programmes read.

const MOST = 100000; // rows that are kept

export class PathTable {
  constructor(components) {
    this.components = components;
    this.clear();
  }

  clear() {
    this.rows = [];
    const nothing = new Float64Array(this.components.length);
    this.add({ strain: nothing, stress: nothing, energy: 0, dissipated: 0, reach: 0, free: 0, dt: 0 });
  }

  /** Add where a driver is; `free` has a bit for every component whose stress was zero. */
  add(row) {
    this.rows.push(row);
  }

  get isFull() {
    return this.rows.length >= MOST;
  }

  get last() {
    return this.rows[this.rows.length - 1];
  }

  /** Comma-separated values of the path, and of the answer of another driver beside it. */
  csv(beside = null) {
    const names = (kind, who = "") => this.components.map((c) => `${kind}${who} ${c}`);
    const answer = (who) => [...names("stress", who), `energy${who}`, `dissipated${who}`];
    const head = ["increment", "dt", ...names("strain"), ...names("free"), ...answer(""), "reach"];
    if (beside) head.push(...names("strain", " exact"), ...answer(" exact"));
    const numbers = (row) => [...row.stress, row.energy, row.dissipated];
    const lines = this.rows.map((row, i) => {
      const free = this.components.map((_, c) => (row.free >> c) & 1);
      const line = [i, row.dt, ...row.strain, ...free, ...numbers(row), row.reach];
      if (beside) line.push(...(beside[i] ? [...beside[i].strain, ...numbers(beside[i])] : head.slice(line.length).map(() => "")));
      return line.join(",");
    });
    return [head.join(","), ...lines, ""].join("\n");
  }
}

/** A row of a table: where a driver is after a step. */
export function rowOf(driver, step) {
  const { strain, stress, energy } = driver.at;
  const { free, dt } = step;
  const bits = free.reduce((sum, is, i) => sum + (is ? 1 << i : 0), 0);
  return { strain, stress, energy: energy[0], dissipated: driver.dissipated, reach: driver.reach, free: bits, dt, step };
}

/** The steps of a table: target (strains, or stresses of free components), free components, durations. */
export function stepsOf(text, components) {
  const [head, ...lines] = text.trim().split(/\r?\n/).map((line) => line.split(",").map((cell) => cell.trim()));
  const at = (kind, c) => head.indexOf(`${kind} ${c}`);
  const missing = components.find((c) => at("strain", c) < 0);
  if (missing) throw new Error(`the table has no column "strain ${missing}": its first line names the columns`);
  return lines.map((cells, i) => {
    const number = (column, otherwise) => (column < 0 ? otherwise : Number(cells[column]));
    const free = components.map((c) => number(at("free", c), 0) === 1);
    const target = Float64Array.from(components, (c, k) =>
      free[k] ? number(at("stress", c), 0) : number(at("strain", c)),
    );
    if (!target.every(Number.isFinite)) throw new Error(`line ${i + 2} of the table has a value that is no number`);
    return { target, free, dt: number(head.indexOf("dt"), 1) || 1 };
  });
}
