// Runs the examples that the server of this page has, and sends it the outputs, or what went wrong.

const ARRAYS = { float32: Float32Array, int32: Int32Array };

/** What to run: {signature: string|null, count, inputs: [{name, dtype, shape}]}, and the inputs' bytes. */
async function fetchRequest() {
  const request = await (await fetch('request.json')).json();
  const bytes = await (await fetch('inputs')).arrayBuffer();
  return { request, bytes };
}

/** Views of one example's inputs; the bytes hold input after input, in each example after example. */
function slicer(request, bytes) {
  let start = 0;
  const parts = request.inputs.map((input) => {
    const size = input.shape.reduce((product, length) => product * length, 1);
    const part = { ...input, size, start };
    start += size * 4 * request.count;
    return part;
  });
  return (index) =>
    parts.map((part) => ({
      ...part,
      data: new ARRAYS[part.dtype](bytes, part.start + index * part.size * 4, part.size).slice(),
    }));
}

async function run() {
  const { request, bytes } = await fetchRequest();
  const { loadLiteRt, loadAndCompile, Tensor } = await import('./runtime/litert.js');
  await loadLiteRt('runtime/wasm/');
  const compiled = await loadAndCompile('model.tflite', { accelerator: 'wasm' });
  const runner = request.signature === null ? compiled : compiled.signatures[request.signature];
  const details = runner.getOutputDetails();
  const inputsOf = slicer(request, bytes);
  const rows = details.map(() => []);
  for (let index = 0; index < request.count; index += 1) {
    const tensors = {};
    for (const input of inputsOf(index)) tensors[input.name] = new Tensor(input.data, input.shape);
    const outputs = await runner.run(tensors);
    for (const [place, detail] of details.entries()) {
      // A copy: what the runtime hands out lies in its own memory.
      rows[place].push((await outputs[detail.name].data()).slice());
    }
    Object.values(outputs).forEach((output) => output.delete());
    Object.values(tensors).forEach((tensor) => tensor.delete());
  }
  const outputs = details.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] }));
  const head = JSON.stringify({ outputs, agent: navigator.userAgent });
  await fetch('outputs', { method: 'POST', body: new Blob([`${head}\n`, ...rows.flat()]) });
}

run().catch((error) => fetch('error', { method: 'POST', body: String(error?.stack ?? error) }));
