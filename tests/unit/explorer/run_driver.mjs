// node run_driver.mjs < task.json: the page's driver, decoder and table, as modules
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { pages, arrays, face, sizes, steps, picture, csv } = JSON.parse(readFileSync(0, "utf-8"));
const part = (name) => import(pathToFileURL(`${pages}/${name}.mjs`));
const { Driver } = await part("driver");
const { Decoder } = await part("decoder");
const { PathTable, stepsOf } = await part("path_table");

let material;
if (face) {
  material = await (await import(pathToFileURL(face))).load();
} else {
  const { PlayMaterial } = await import("./play_material.mjs");
  material = new PlayMaterial(arrays);
}
const driver = new Driver(material, sizes);
const table = new PathTable(Array.from({ length: material.components }, (_, i) => `c${i}`));
const decoder = picture && new Decoder(picture);
const found = [];
for (const { target, free, dt } of csv ? stepsOf(csv, table.components) : steps) {
  const reached = driver.increment(target, free, dt);
  const { strain, stress, state, energy } = driver.at;
  const bits = free.reduce((sum, is, i) => sum + (is ? 1 << i : 0), 0);
  table.add({ strain, stress, energy: energy[0], dissipated: driver.dissipated, reach: driver.reach, free: bits, dt });
  found.push({
    reached,
    strain: [...strain],
    stress: [...stress],
    state: [...state],
    energy: energy[0],
    dissipated: driver.dissipated,
    reach: driver.reach,
    decoded: decoder ? [...decoder.decode(strain, state)] : null,
  });
}
console.log(JSON.stringify({ found, csv: table.csv(), iterations: driver.iterations }));
