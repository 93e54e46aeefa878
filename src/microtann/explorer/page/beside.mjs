// The exact cell beside the model: it follows every increment of the path, from its beginning.
import { DecodedCell } from "./cell_view.mjs";
import { Driver } from "./driver.mjs";
import { rowOf } from "./path_table.mjs";

export class Beside {
  /**
   * @param material the exact cell, as an exported module
   * @param sizes of the driver
   * @param picture what it decodes
   */
  constructor(material, sizes, picture) {
    this.driver = new Driver(material, sizes);
    this.picture = picture;
    this.rows = null; // where it was behind every increment; null while it is not shown
  }

  /** Follow a path that has been gone already; false if the cell cannot. */
  start(rows) {
    this.driver.reset();
    this.rows = [rows[0]];
    return rows.slice(1).every(({ step }) => this.follow(step));
  }

  stop() {
    this.rows = null;
  }

  /** One more increment; false, and at rest, if the cell cannot carry its stresses. */
  follow(step) {
    if (!this.driver.increment(step.target, step.free, step.dt)) {
      this.stop();
      return false;
    }
    this.rows.push(rowOf(this.driver, step));
    return true;
  }

  /** The cell that its states are decoded for, or null if it is not drawn. */
  get cell() {
    if (this.decoded === undefined) this.decoded = this.picture.missing ? null : new DecodedCell(this.picture);
    return this.decoded;
  }

  /** The largest difference of the stresses of rows, relative to the largest stress of the exact cell. */
  difference(rows) {
    let [apart, size] = [0, 0];
    this.rows.forEach(({ stress }, i) => {
      for (let c = 0; c < stress.length; c++) {
        apart = Math.max(apart, Math.abs(stress[c] - rows[i].stress[c]));
        size = Math.max(size, Math.abs(stress[c]));
      }
    });
    return size ? apart / size : 0;
  }
}
