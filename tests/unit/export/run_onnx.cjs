// node run_onnx.cjs FILE < inputs.json: an ONNX file in the onnxruntime for JavaScript that NODE_PATH leads to
const { readFileSync } = require("node:fs");

function runtime() {
  try {
    return require("onnxruntime-node");
  } catch {
    return require("onnxruntime-web");
  }
}

async function main() {
  const { Tensor, InferenceSession } = runtime();
  const session = await InferenceSession.create(new Uint8Array(readFileSync(process.argv[2])));
  const given = JSON.parse(readFileSync(0, "utf-8"));
  const tensors = Object.entries(given).map(([name, rows]) => {
    const numbers = Float64Array.from(rows.flat());
    return [name, new Tensor("float64", numbers, [rows.length, rows[0].length])];
  });
  const found = await session.run(Object.fromEntries(tensors));
  console.log(JSON.stringify(Object.fromEntries(Object.entries(found).map(([name, at]) => [name, Array.from(at.data)]))));
}

main();
