// A pad of two strain components: where one is pulled, the material goes.
import { cleared, shown, tint } from "./look.mjs";

const KEY_STEPS = 40;

export class Pad {
  /**
   * @param canvas
   * @param told {components, extent, range}
   * @param moved called with the two components and their new strains
   */
  constructor(canvas, { components, extent, range }, moved) {
    Object.assign(this, { canvas, components, extent, range, moved });
    this.x = 0;
    this.y = components.length === 3 ? 2 : 1;
    const go = (event) => {
      if (!(event.buttons & 1)) return;
      const box = canvas.getBoundingClientRect();
      const part = (value, start, size) => Math.max(-1, Math.min(1, (2 * (value - start)) / size - 1));
      moved(
        part(event.clientX, box.left, box.width) * extent[this.x],
        -part(event.clientY, box.top, box.height) * extent[this.y],
      );
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      go(event);
    });
    canvas.addEventListener("pointermove", go);
    canvas.addEventListener("keydown", (event) => this.press(event));
    this.at = [0, 0];
  }

  press(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
    if (!(event.key in ways) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [a, b] = ways[event.key];
    const step = (event.shiftKey ? 4 : 1) / KEY_STEPS;
    this.moved(
      this.within(this.at[0] + a * step * 2 * this.extent[this.x], this.x),
      this.within(this.at[1] + b * step * 2 * this.extent[this.y], this.y),
    );
  }

  within(value, component) {
    return Math.max(-this.extent[component], Math.min(this.extent[component], value));
  }

  /** The path so far, and where the material is. */
  draw(rows, strain, free) {
    const { context, width, height } = cleared(this.canvas);
    const across = (value) => ((value / this.extent[this.x] + 1) * width) / 2;
    const up = (value) => ((1 - value / this.extent[this.y]) * height) / 2;
    if (this.range) {
      const [a, b] = [this.range[this.x], this.range[this.y]];
      context.fillStyle = tint("inside");
      context.fillRect(across(-a), up(b), across(a) - across(-a), up(-b) - up(b));
    }
    context.strokeStyle = tint("axis");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, Math.round(height / 2) + 0.5);
    context.lineTo(width, Math.round(height / 2) + 0.5);
    context.moveTo(Math.round(width / 2) + 0.5, 0);
    context.lineTo(Math.round(width / 2) + 0.5, height);
    context.stroke();
    context.strokeStyle = tint("model");
    context.globalAlpha = 0.55;
    context.lineWidth = 1.4;
    context.beginPath();
    const first = Math.max(0, rows.length - 1500);
    for (let i = first; i < rows.length; i++) context.lineTo(across(rows[i].strain[this.x]), up(rows[i].strain[this.y]));
    context.stroke();
    context.globalAlpha = 1;
    this.at = [strain[this.x], strain[this.y]];
    context.fillStyle = tint("model");
    context.strokeStyle = tint("panel");
    context.lineWidth = 2.5;
    context.beginPath();
    context.arc(across(this.at[0]), up(this.at[1]), 8, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
    context.fillStyle = tint("soft");
    context.textBaseline = "bottom";
    context.textAlign = "right";
    const name = (component) => `${this.components[component]}${free[component] ? " (free)" : ""}`;
    context.fillText(`strain ${name(this.x)} →`, width - 6, height / 2 - 3);
    context.textAlign = "left";
    context.textBaseline = "top";
    context.fillText(`↑ ${name(this.y)}`, width / 2 + 6, 5);
    this.canvas.setAttribute(
      "aria-label",
      `Pad: strain ${this.components[this.x]} across is ${shown(this.at[0])}, strain ${this.components[this.y]} ` +
        `upwards is ${shown(this.at[1])}. Arrow keys move it, with shift farther.`,
    );
  }
}
