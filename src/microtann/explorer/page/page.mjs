// The page: what is touched moves the material, and what the material answers is shown.
import { obeyAddress } from "./address.mjs";
import { Beside } from "./beside.mjs";
import { Charts } from "./charts.mjs";
import { CellStage } from "./cell_stage.mjs";
import { ControlRows } from "./control_rows.mjs";
import { Driver } from "./driver.mjs";
import { isCalm, shown } from "./look.mjs";
import { Pad } from "./pad.mjs";
import { unpackedBytes } from "./packed_arrays.mjs";
import { PathTable, rowOf, stepsOf } from "./path_table.mjs";
import { Player } from "./player.mjs";
import { PROGRAMMES, strainsOf } from "./programmes.mjs";

const ROUND_OFF = 1e-9;
const NOT_BESIDE = "draws its answer beside the model’s";

async function compiled(text, about) {
  const { instance } = await WebAssembly.instantiate(unpackedBytes(text), {});
  return new Material(instance.exports, about);
}

class Page {
  constructor(told, material, exactMaterial) {
    this.told = told;
    const model = told.model;
    this.model = model;
    this.driver = new Driver(material, model);
    this.beside = exactMaterial && new Beside(exactMaterial, model, told.exact.picture);
    this.player = new Player((step) => this.follow(step), (on) => this.showPlaying(on));
    this.table = new PathTable(model.components);
    this.free = model.components.map(() => false);
    this.component = 0;
    this.dt = 1;
    this.recorded = { from: null, steps: [] };
    this.largestState = 0;
    this.changed = true;
    this.find();
    this.prepare();
    this.say("");
    requestAnimationFrame((time) => this.frame(time));
  }

  find() {
    this.part = (id) => document.getElementById(id);
    const { model, told } = this;
    this.part("name").textContent = model.name;
    const form = `form ${model.form}, ${model.states} states`;
    this.part("about").textContent = [form, model.about, model.material].filter(Boolean).join(" · ");
    this.part("statesName").textContent = `${model.states} states`;
    this.part("footer").textContent =
      `Computed in this page by the model itself, exported by microtann ${model.microtann} as WebAssembly ` +
      `(digest ${model.digest.slice(0, 12)}). Shear strains are engineering ones, tension is positive.`;
    this.rows = new ControlRows(
      this.part("rows"), model, (i, value) => this.pull(i, value), (i, on) => this.release(i, on),
    );
    this.pad = new Pad(this.part("pad"), model, (x, y) => this.pullTwo(x, y));
    const charts = { loops: this.part("loops"), energy: this.part("energy"), states: this.part("states") };
    this.charts = new Charts(charts, model);
    this.stage = new CellStage(this.part, model, told.picture, () => (this.changed = true));
  }

  prepare() {
    const { model, part } = this;
    const on = (id, kind, act) => part(id).addEventListener(kind, act);
    const option = (value, text) => new Option(text, value);
    part("programme").append(...Object.entries(PROGRAMMES).map(([key, { title }]) => option(key, title)));
    part("programme").value = "growing";
    for (const [id, axis] of [["padX", "x"], ["padY", "y"]]) {
      part(id).append(...model.components.map((name, i) => option(i, name)));
      part(id).value = this.pad[axis];
      on(id, "change", () => this.choosePad(axis, Number(part(id).value)));
    }
    this.chips = model.components.map((name, i) => {
      const chip = document.createElement("button");
      Object.assign(chip, { type: "button", textContent: name });
      chip.addEventListener("click", () => this.look(i));
      part("chips").append(chip);
      return chip;
    });
    on("play", "click", () => (this.player.steps ? this.stop() : this.playProgramme(part("programme").value)));
    on("programme", "change", () => this.playProgramme(part("programme").value));
    on("reset", "click", () => this.reset());
    on("record", "click", () => this.record());
    on("replay", "click", () => this.replay());
    on("save", "click", () => this.save());
    on("load", "change", (event) => this.open(event.target));
    on("speed", "input", () => this.showSpeed());
    on("dt", "change", () => this.setDuration(Number(part("dt").value)));
    on("exact", "click", () => this.toggleExact());
    on("exactCell", "click", () => this.press("exactCell", !this.isPressed("exactCell")));
    on("theme", "click", () => this.changeTheme());
    part("dtRow").hidden = !model.timed;
    part("exactRow").hidden = !this.beside;
    new ResizeObserver(() => (this.changed = true)).observe(document.body);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (this.changed = true));
    part("exactText").textContent = NOT_BESIDE;
    this.showSpeed();
    this.look(0);
  }

  say(text) {
    if (this.part("status").textContent !== text) this.part("status").textContent = text;
  }

  isPressed(id) {
    return this.part(id).getAttribute("aria-pressed") === "true";
  }

  press(id, on) {
    this.part(id).setAttribute("aria-pressed", String(on));
    this.changed = true;
  }

  look(component) {
    this.component = component;
    this.chips.forEach((chip, i) => chip.setAttribute("aria-pressed", String(i === component)));
    this.changed = true;
  }

  choosePad(axis, component) {
    const other = axis === "x" ? "y" : "x";
    if (this.pad[other] === component) {
      this.pad[other] = this.pad[axis];
      this.part(other === "x" ? "padX" : "padY").value = this.pad[other];
    }
    this.pad[axis] = component;
    this.changed = true;
  }

  // What people do.

  /** The present strains, and zero stress where components are free. */
  target(changes = {}) {
    const target = this.driver.at.strain.map((value, i) => (this.free[i] ? 0 : value));
    for (const [i, value] of Object.entries(changes)) if (!this.free[i]) target[i] = value;
    return target;
  }

  pull(component, value) {
    this.stop();
    this.look(component);
    this.go(this.target({ [component]: value }));
  }

  pullTwo(x, y) {
    this.stop();
    if (this.component !== this.pad.x && this.component !== this.pad.y) this.look(this.pad.x);
    this.go(this.target({ [this.pad.x]: x, [this.pad.y]: y }));
  }

  release(component, on) {
    this.stop();
    const before = [...this.free];
    this.free[component] = on;
    if (this.free.every(Boolean)) {
      this.free = before;
      this.say("At least one strain must be held.");
    } else if (on && !this.go(this.target())) {
      this.free = before;
    }
    this.changed = true;
  }

  setDuration(value) {
    if (value > 0 && Number.isFinite(value)) this.dt = value;
    this.part("dt").value = shown(this.dt);
  }

  /** Go to a target, in as many increments as it needs; false if the material gives no answer. */
  go(target) {
    const [free, dt] = [[...this.free], this.dt];
    const reached = this.driver.approach(target, free, this.model.stride, {
      dt,
      after: (next) => this.note({ target: next, free, dt }),
    });
    this.tell(reached);
    return reached;
  }

  /** One step of what is played. */
  follow(step) {
    if (this.table.isFull) {
      this.say("The path is as long as this page keeps it: begin again from the virgin material.");
      return false;
    }
    const reached = this.driver.increment(step.target, step.free, step.dt);
    if (reached) this.note(step);
    this.tell(reached);
    return reached;
  }

  /** Keep where the material is after a step, and let the exact cell follow. */
  note(step) {
    this.table.add(rowOf(this.driver, step));
    if (this.exactRows && !this.beside.follow(step)) this.loseExact();
    for (const value of this.driver.at.state) this.largestState = Math.max(this.largestState, Math.abs(value));
    this.changed = true;
  }

  tell(reached) {
    if (!reached) {
      const free = this.free.some(Boolean);
      this.say(
        free
          ? "No strains were found for which the free components have no stress: hold one of them, or go back."
          : "The model gives no answer so far outside of its training: go back.",
      );
    } else if (this.driver.reach > 1) {
      this.say("Outside of the range of the training: how wrong the model is here, nobody knows.");
    } else this.say("");
  }

  reset() {
    this.stop();
    this.driver.reset();
    this.table.clear();
    this.recorded.from = null;
    this.press("record", false);
    this.largestState = 0;
    if (this.exactRows) this.beside.start(this.table.rows);
    this.say("");
    this.changed = true;
  }

  // What is played.

  playProgramme(name) {
    this.reset();
    const { x, y } = this.pad;
    if (this.free[x]) this.free[x] = false;
    const reach = [x, y].map((i) => (this.model.range ? Math.min(0.9 * this.model.range[i], 0.9 * this.model.extent[i]) : 0.6 * this.model.extent[i]));
    const told = { start: this.driver.at.strain, x, y, reach, stride: this.model.stride };
    const { free, dt } = { free: [...this.free], dt: this.dt };
    this.look(x);
    this.player.play(mapped(strainsOf(name, told), (strain) => ({ target: strain.map((value, i) => (free[i] ? 0 : value)), free, dt })));
  }

  stop() {
    this.player.stop();
  }

  showPlaying(on) {
    this.part("play").textContent = on ? "■ Stop" : "▶ Play";
    this.changed = true;
  }

  record() {
    const on = !this.isPressed("record");
    this.press("record", on);
    if (on) this.recorded.from = this.table.rows.length;
    else this.recorded.steps = this.table.rows.slice(this.recorded.from ?? 1).map((row) => row.step);
    this.say(on ? "Recording: what you do now can be replayed." : `${this.recorded.steps.length} increments are recorded.`);
  }

  replay() {
    if (this.isPressed("record")) this.record();
    const steps = this.recorded.steps.length ? this.recorded.steps : this.table.rows.slice(1).map((row) => row.step);
    if (!steps.length) return this.say("There is no path to replay yet.");
    this.reset();
    return this.playSteps(steps);
  }

  playSteps(steps) {
    this.free = [...steps[steps.length - 1].free];
    this.player.play(steps);
  }

  showSpeed() {
    this.player.perFrame = 10 ** (Number(this.part("speed").value) / 100 * 4.4 - 1.4);
    this.part("speedText").textContent = `${shown(this.player.perFrame * 60, 2)} a second`;
  }

  save() {
    const file = new Blob([this.table.csv(this.exactRows)], { type: "text/csv" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `${this.model.prefix}-path.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async open(input) {
    const [file] = input.files;
    if (!file) return;
    try {
      const steps = stepsOf(await file.text(), this.model.components);
      this.reset();
      this.playSteps(steps);
    } catch (error) {
      this.say(`${file.name}: ${error.message}`);
    }
    input.value = "";
  }

  // The exact cell.

  /** The rows of the exact cell while it is shown. */
  get exactRows() {
    return this.beside?.rows ?? null;
  }

  toggleExact() {
    const on = !this.isPressed("exact");
    this.part("exactText").textContent = NOT_BESIDE;
    if (on && !this.beside.start(this.table.rows)) return this.loseExact();
    if (!on) this.beside.stop();
    return this.showExact(on);
  }

  showExact(on) {
    this.press("exact", on);
    this.part("exactCell").hidden = !on || !this.stage.cell || !this.beside.cell;
    if (!on) this.press("exactCell", false);
  }

  loseExact() {
    this.showExact(false);
    this.part("exactText").textContent = "cannot carry these stresses";
  }

  // What is shown.

  changeTheme() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    this.changed = true;
  }

  frame(time) {
    const passed = Math.min(time - (this.time ?? time), 100);
    this.time = time;
    this.player.frame(passed);
    const turned = this.stage.spin(passed);
    if (this.changed) this.show();
    else if (turned) this.drawCell();
    this.changed = false;
    requestAnimationFrame((next) => this.frame(next));
  }

  drawCell() {
    const exact = this.exactRows && this.isPressed("exactCell");
    const { strain, state } = (exact ? this.beside.driver : this.driver).at;
    this.stage.draw(strain, state, exact ? this.beside.cell : this.stage.cell);
  }

  show() {
    const { driver, table, part } = this;
    const { strain, stress, state } = driver.at;
    this.drawCell();
    this.rows.show(strain, stress, this.free);
    this.pad.draw(table.rows, strain, this.free);
    this.charts.drawLoops(table.rows, this.component, this.exactRows);
    this.charts.drawEnergy(table.rows, this.exactRows);
    this.charts.drawStates(state, this.largestState);
    part("stored").textContent = shown(table.last.energy);
    part("lost").textContent = shown(table.last.dissipated);
    if (this.player.spent) part("cost").textContent = `${shown(this.player.spent, 2)} µs an increment`;
    if (this.exactRows) {
      part("exactText").textContent = apartInWords(this.beside.difference(table.rows));
    }
    this.showReach();
  }

  showReach() {
    const { part } = this;
    part("reach").hidden = !this.model.ranged;
    const percent = 100 * this.driver.reach;
    const meter = part("reach").querySelector("[role=meter]");
    meter.setAttribute("aria-valuenow", String(Math.round(Math.min(percent, 150))));
    meter.firstElementChild.style.width = `${Math.min(percent / 1.5, 100)}%`;
    part("reach").classList.toggle("left", percent > 100);
    part("reachText").textContent = `${Math.round(percent)} %`;
  }
}

function apartInWords(difference) {
  return difference < ROUND_OFF ? "the same stress to round-off" : `stress ${shown(100 * difference, 2)} % apart at most`;
}

function* mapped(values, change) {
  for (const value of values) yield change(value);
}

async function start() {
  obeyAddress();
  const told = JSON.parse(document.getElementById("told").textContent);
  const material = await compiled(told.module, told.model);
  const exact = told.exact && (await compiled(told.exact.module, told.exact.about));
  const page = new Page(told, material, exact);
  globalThis.microtann = page;
  addEventListener("hashchange", () => {
    obeyAddress();
    page.changed = true;
  });
  if (!isCalm()) page.playProgramme("growing");
}

await start();
