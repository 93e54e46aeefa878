// A row of controls for every strain component: slider, number, stress, and whether its stress is zero.
import { shownBeside } from "./look.mjs";

const SLIDER_STEPS = 200;

function made(kind, attributes, text = "") {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

export class ControlRows {
  /**
   * @param host element that takes the rows
   * @param told {components, extent, strength}
   * @param pulled called with a component and its strain
   * @param freed called with a component and whether its stress is to be zero
   */
  constructor(host, { components, extent, strength }, pulled, freed) {
    this.strength = strength;
    this.rows = components.map((name, component) => {
      const limit = extent[component];
      const row = made("div", { class: "row", role: "group", "aria-label": `component ${name}` });
      const slider = made("input", {
        type: "range", min: -limit, max: limit, step: (2 * limit) / SLIDER_STEPS, value: 0, "aria-label": `strain ${name}`,
      });
      const number = made("input", { type: "text", inputmode: "decimal", value: "0", "aria-label": `strain ${name}, as a number` });
      const stress = made("output", { class: "stress", "aria-label": `stress ${name}` }, "0");
      const free = made("button", { type: "button", class: "switch", "aria-pressed": "false", title: `let the stress ${name} be zero` }, "σ = 0");
      free.setAttribute("aria-label", `component ${name} free of stress`);
      slider.addEventListener("input", () => pulled(component, Number(slider.value)));
      number.addEventListener("change", () => {
        const value = Number(number.value.replace("−", "-").replace(",", "."));
        if (Number.isFinite(value)) pulled(component, value);
      });
      free.addEventListener("click", () => freed(component, free.getAttribute("aria-pressed") !== "true"));
      row.append(made("span", { class: "name" }, name), slider, number, stress, free);
      host.append(row);
      return { row, slider, number, stress, free, limit };
    });
  }

  /** Show where the material is; what somebody types in is left alone. */
  show(strain, stress, free) {
    this.rows.forEach((row, i) => {
      if (document.activeElement !== row.slider || Math.abs(Number(row.slider.value) - strain[i]) > row.limit / SLIDER_STEPS) {
        row.slider.value = strain[i];
      }
      const text = shownBeside(strain[i], row.limit > 0.1 ? row.limit / 10 : row.limit);
      row.slider.setAttribute("aria-valuetext", text);
      if (document.activeElement !== row.number) row.number.value = text;
      row.stress.textContent = shownBeside(stress[i], this.strength);
      row.slider.disabled = row.number.disabled = free[i];
      row.free.setAttribute("aria-pressed", String(free[i]));
      row.row.classList.toggle("free", free[i]);
    });
  }
}
