// node run_face.mjs FACE < programme.json: increments of many points, one after the other, through a module's face
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { load, about } = await import(pathToFileURL(process.argv[2]));
const { points, increments } = JSON.parse(readFileSync(0, "utf-8"));
const material = await load();
let at = material.virgin(points);
const found = increments.map((values) => {
  const increment = Float64Array.from(values, (value) => (value === null ? NaN : value));
  const before = at;
  at = material.update(increment, before);
  const reach = material.reach(increment, before, at);
  const without = material.update(increment, before, { tangent: false });
  const numbers = Object.entries({ ...at, reach }).filter(([, value]) => value instanceof Float64Array);
  return {
    failed: at.failed,
    same: without.tangent === null && without.stress.every((value, i) => Object.is(value, at.stress[i])),
    ...Object.fromEntries(numbers.map(([name, value]) => [name, Array.from(value)])),
  };
});
let refused = "";
try {
  material.update(new Float64Array(about.components.length + 1), material.virgin(1));
} catch (error) {
  refused = error.message;
}
console.log(JSON.stringify({ about, found, refused }));
