// A thread that writes random bytes into the memory of a shared diode until it is terminated.
import { parentPort, workerData } from "node:worker_threads";

const { buffer, seed, headerBytes } = workerData;
const words = new Int32Array(buffer);
const bytes = new Uint8Array(buffer);
let state = seed;
const random = (below) => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % below;
};
parentPort.postMessage("writing");
for (;;) {
  for (let i = 0; i < 100; i++) {
    const header = random(4) === 0;
    const at = header ? random(headerBytes) : random(bytes.length);
    if (random(2) === 0) {
      bytes[at] = random(256);
    } else {
      Atomics.add(words, at >> 2, random(3) - 1);
    }
  }
  // Gives other threads a varying time to run.
  Atomics.wait(words, words.length - 1, Atomics.load(words, words.length - 1), random(3));
}
