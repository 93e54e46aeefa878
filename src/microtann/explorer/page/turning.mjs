// Turning and magnifying by mouse, touch and keys.
import { isCalm } from "./look.mjs";

const FULL = 2 * Math.PI;
const STEEPEST = 1.45;

export class Turning {
  /**
   * @param canvas that is turned
   * @param flat whether the cell is plane: then it is looked at from the front
   * @param changed called when the view has changed
   */
  constructor(canvas, flat, changed) {
    this.home = flat ? { yaw: 0, pitch: 0, zoom: 1 } : { yaw: 0.62, pitch: 0.38, zoom: 1 };
    Object.assign(this, this.home, { flat, changed, held: new Map() });
    this.spins = !flat && !isCalm();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.held.set(event.pointerId, [event.clientX, event.clientY]);
      this.spins = false;
    });
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, (event) => this.held.delete(event.pointerId));
    }
    canvas.addEventListener("dblclick", () => this.turnHome());
    canvas.addEventListener("keydown", (event) => this.press(event));
  }

  drag(event) {
    const old = this.held.get(event.pointerId);
    if (!old) return;
    const apart = () => {
      const [a, b] = [...this.held.values()];
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    };
    const before = this.held.size === 2 ? apart() : 0;
    this.held.set(event.pointerId, [event.clientX, event.clientY]);
    if (before) this.magnify(apart() / before);
    else this.turn(0.009 * (event.clientX - old[0]), 0.009 * (event.clientY - old[1]));
  }

  press(event) {
    const step = FULL / 36;
    const actions = {
      ArrowLeft: () => this.turn(-step, 0),
      ArrowRight: () => this.turn(step, 0),
      ArrowUp: () => this.turn(0, -step),
      ArrowDown: () => this.turn(0, step),
      "+": () => this.magnify(1.12),
      "=": () => this.magnify(1.12),
      "-": () => this.magnify(1 / 1.12),
      0: () => this.turnHome(),
      Home: () => this.turnHome(),
    };
    if (!(event.key in actions) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.spins = false;
    actions[event.key]();
  }

  turn(across, up) {
    this.yaw = (this.yaw + across) % FULL;
    this.pitch = Math.max(-STEEPEST, Math.min(STEEPEST, this.pitch + up));
    this.changed();
  }

  magnify(factor) {
    this.zoom = Math.max(0.4, Math.min(4, this.zoom * factor));
    this.changed();
  }

  turnHome() {
    Object.assign(this, this.home);
    this.changed();
  }

  /** Go on spinning for so many milliseconds. */
  spin(passed) {
    this.yaw = (this.yaw + 0.00016 * passed) % FULL;
  }
}
