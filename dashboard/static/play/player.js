// The exported file as a player: LiteRT's web runtime, in this browser, on its CPU.

// The runtime can be loaded once per page.
let loaded = null;

/**
 * Loads the runtime and the model.
 *
 * @param {string} runtime address of the runtime's files
 * @param {string} model address of the .tflite file
 * @param {number[]} shape of the input: [1, rows, columns]
 * @returns {Promise<{scores: (board: Float32Array) => Promise<Float32Array>, move: (board: Float32Array) =>
 *   Promise<number>}>} scores per cell, and the cell with the highest; of equal ones the first
 */
export async function loadPlayer(runtime, model, shape) {
  const { loadLiteRt, loadAndCompile, Tensor } = await import(`${runtime}/litert.js`);
  loaded ??= loadLiteRt(`${runtime}/wasm/`);
  await loaded;
  const compiled = await loadAndCompile(model, { accelerator: 'wasm' });

  async function scores(board) {
    const input = new Tensor(board, shape);
    const outputs = await compiled.run([input]);
    try {
      // A copy: what the runtime hands out lies in its own memory.
      return Float32Array.from(await outputs[0].data());
    } finally {
      outputs.forEach((output) => output.delete());
      input.delete();
    }
  }

  async function move(board) {
    const found = await scores(board);
    return found.reduce((best, score, cell) => (score > found[best] ? cell : best), 0);
  }

  return { scores, move };
}
