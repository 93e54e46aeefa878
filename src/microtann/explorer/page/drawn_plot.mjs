// Axes and lines on a canvas.
import { cleared, shownTick, tint } from "./look.mjs";

const MARGIN = { left: 46, right: 20, top: 12, bottom: 24 };

/** Round numbers that span a range in about so many parts. */
function ticks(low, high, parts) {
  const rough = (high - low) / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + 1e-9 * step; value += step) {
    found.push(Math.abs(value) < 1e-9 * step ? 0 : value);
  }
  return found;
}

/** A range a little wider than what it must hold, and never empty. */
export function roomFor(low, high, least) {
  const half = Math.max((high - low) / 2, least / 2);
  const middle = (high + low) / 2;
  return [middle - 1.08 * half, middle + 1.08 * half];
}

export class DrawnPlot {
  constructor(canvas) {
    this.canvas = canvas;
  }

  /** Draw axes for two ranges; lines come behind. */
  begin([left, right], [bottom, top], { across, up }) {
    const { context, width, height } = cleared(this.canvas);
    this.context = context;
    const inner = { x: MARGIN.left, y: MARGIN.top, w: width - MARGIN.left - MARGIN.right };
    inner.h = height - MARGIN.top - MARGIN.bottom;
    this.x = (value) => inner.x + ((value - left) / (right - left)) * inner.w;
    this.y = (value) => inner.y + inner.h - ((value - bottom) / (top - bottom)) * inner.h;
    context.lineWidth = 1;
    context.fillStyle = tint("soft");
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const value of ticks(bottom, top, Math.max(2, inner.h / 38))) {
      const at = Math.round(this.y(value)) + 0.5;
      this.rule(inner.x, at, inner.x + inner.w, at, value === 0);
      context.fillText(shownTick(value), inner.x - 6, at);
    }
    context.textBaseline = "top";
    context.textAlign = "center";
    for (const value of ticks(left, right, Math.max(2, inner.w / 60))) {
      const at = Math.round(this.x(value)) + 0.5;
      this.rule(at, inner.y, at, inner.y + inner.h, value === 0);
      context.fillText(shownTick(value), at, inner.y + inner.h + 5);
    }
    this.words = { across, up, inner };
    return this;
  }

  /** Say what the axes are, over all lines. */
  end() {
    const { across, up, inner } = this.words;
    this.context.textAlign = "left";
    this.context.textBaseline = "top";
    this.note(up, inner.x + 4, inner.y);
    this.context.textAlign = "right";
    this.context.textBaseline = "bottom";
    this.note(across, inner.x + inner.w, inner.y + inner.h - 3);
  }

  note(text, x, y) {
    const context = this.context;
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = tint("panel");
    context.fillStyle = tint("soft");
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }

  rule(x, y, right, bottom, strong) {
    this.context.strokeStyle = tint(strong ? "axis" : "line");
    this.context.lineWidth = 1;
    this.context.beginPath();
    this.context.moveTo(x, y);
    this.context.lineTo(right, bottom);
    this.context.stroke();
  }

  /** A line through points that `across` and `up` give of rows; points that none could tell apart are left out. */
  line(rows, across, up, { colour, width = 1.8, fades = false }) {
    const context = this.context;
    context.lineJoin = "round";
    context.lineCap = "round";
    context.strokeStyle = colour;
    const parts = fades && rows.length > 60 ? [[0, rows.length - 50, 0.42], [rows.length - 51, rows.length, 1]] : [[0, rows.length, 1]];
    for (const [first, last, strength] of parts) {
      context.globalAlpha = strength;
      context.lineWidth = strength < 1 ? width * 0.8 : width;
      context.beginPath();
      let [oldX, oldY] = [NaN, NaN];
      for (let i = first; i < last; i++) {
        const [x, y] = [this.x(across(rows[i], i)), this.y(up(rows[i], i))];
        if (Math.abs(x - oldX) + Math.abs(y - oldY) < 0.6 && i < last - 1) continue;
        if (Number.isNaN(oldX)) context.moveTo(x, y);
        else context.lineTo(x, y);
        [oldX, oldY] = [x, y];
      }
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  dot(across, up, colour) {
    const context = this.context;
    context.fillStyle = colour;
    context.strokeStyle = tint("panel");
    context.lineWidth = 2;
    context.beginPath();
    context.arc(this.x(across), this.y(up), 5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}
