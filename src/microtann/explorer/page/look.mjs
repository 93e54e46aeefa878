// Colours of the present theme, colours of signed numbers, and numbers as people read them.

/** A colour of the style sheet, such as "ink". */
export function tint(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Red, green and blue between 0 and 1 of a colour written #rrggbb. */
export function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
}

const MOST_DECIMALS = 8;
const PUSHED = [
  [0.0, [0.86, 0.88, 0.91]],
  [0.25, [0.56, 0.73, 0.87]],
  [0.6, [0.16, 0.47, 0.73]],
  [1.0, [0.03, 0.24, 0.49]],
];
const PULLED = [
  [0.0, [0.86, 0.88, 0.91]],
  [0.25, [0.95, 0.71, 0.54]],
  [0.6, [0.84, 0.37, 0.21]],
  [1.0, [0.6, 0.07, 0.12]],
];

/** Blue for −1, grey for 0, red for 1: as the figures of the package have compression and tension. */
export function signedColour(value) {
  const scale = value < 0 ? PUSHED : PULLED;
  const size = Math.min(Math.abs(value), 1);
  const above = Math.max(1, scale.findIndex(([at]) => at >= size));
  const [[low, dark], [high, bright]] = [scale[above - 1], scale[above]];
  const share = (size - low) / (high - low);
  return dark.map((part, i) => part + share * (bright[i] - part));
}

/** The same for style sheets and canvases. */
export function signedPaint(value) {
  return `rgb(${signedColour(value).map((part) => Math.round(255 * part)).join(" ")})`;
}

/** A number of so many digits, with a minus sign. */
export function shown(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) < 1e-14) return "0";
  const size = Math.abs(value);
  const whole = Math.floor(Math.log10(size)) + 1;
  const text =
    size >= 1e5 || size < 1e-3 ? value.toExponential(digits - 1) : value.toFixed(Math.max(0, digits - whole));
  return text.replace(/-/g, "−");
}

/** A number with as many decimals as quantities of a size want; what is nothing beside that size is 0. */
export function shownBeside(value, size) {
  if (!Number.isFinite(value)) return "–";
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(size)));
  if (decimals > MOST_DECIMALS) return shown(value);
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? "0" : text.replace("-", "−");
}

/** A round number, as short as it is. */
export function shownTick(value) {
  const text = Number(value.toPrecision(6));
  return (Math.abs(text) >= 1e5 || (text && Math.abs(text) < 1e-4) ? text.toExponential() : String(text)).replace(/-/g, "−");
}

/** Whether the person wants little motion. */
export function isCalm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** The drawing context of a canvas in its present size, cleared, in units of style sheets. */
export function cleared(canvas) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "11px system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";
  return { context, width, height };
}
