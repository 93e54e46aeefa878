// Where the cell stands: its picture, what the colours mean, and how it is turned; or why there is none.
import { CellView, DecodedCell } from "./cell_view.mjs";
import { shown } from "./look.mjs";
import { Turning } from "./turning.mjs";

export class CellStage {
  /**
   * @param part gives the element of an id
   * @param model what Python says of the model
   * @param picture what it says of the cell
   * @param changed called when the view has changed
   */
  constructor(part, model, picture, changed) {
    this.cell = null;
    const canvas = part("cell");
    let reason = picture.missing;
    if (!reason) {
      try {
        const cell = new DecodedCell(picture);
        this.view = new CellView(canvas, cell, model.extent, model.force);
        this.turning = new Turning(canvas, cell.dimension === 2, changed);
        this.cell = cell;
      } catch (error) {
        reason = `The cell is not drawn: ${error.message}.`;
      }
    }
    for (const id of ["cell", "legend", "hint"]) part(id).hidden = !this.cell;
    part("missing").hidden = Boolean(this.cell);
    if (this.cell) this.explain(part, model, picture);
    else part("missing").textContent = reason;
  }

  explain(part, model, picture) {
    part("legendName").textContent = picture.label;
    const most = picture.points ? this.view.swelling : model.force;
    part("least").textContent = shown(-most, 2);
    part("most").textContent = shown(most, 2);
    part("hint").textContent =
      `displacements × ${shown(this.view.magnified, 2)} · thick where plastic · drag to turn`;
  }

  /** Spin on for so many milliseconds if nobody has turned it; whether it did. */
  spin(passed) {
    if (!this.turning?.spins || document.hidden) return false;
    this.turning.spin(passed);
    return true;
  }

  /** Draw what a cell decodes of a strain and a state. */
  draw(strain, state, cell) {
    if (this.cell) this.view.draw(strain, state, this.turning, cell);
  }
}
