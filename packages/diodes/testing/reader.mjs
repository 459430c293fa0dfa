// A thread that reads a shared diode until it receives "stop", and checks each message.
import { parentPort, workerData } from "node:worker_threads";
import { SharedManyToOne, Waiter } from "@loggregator/diodes";
import { readMessage } from "./messages.mjs";

const { buffer, writers, longer } = workerData;
const stop = new AbortController();
parentPort.once("message", () => stop.abort());

let delivered = 0;
let dropped = 0;
const problems = [];
const next = new Array(writers).fill(0);
const diode = new SharedManyToOne(buffer, (count) => {
  dropped += count;
});

const waiter = new Waiter(diode, { signal: stop.signal });
for (;;) {
  const message = await waiter.next();
  if (message === undefined) {
    break;
  }
  delivered++;
  try {
    const { writer, index } = readMessage(message, longer);
    if (index < next[writer]) {
      problems.push(`writer ${writer}: ${index} after ${next[writer] - 1}`);
    }
    next[writer] = index + 1;
  } catch (error) {
    problems.push(error.message);
  }
}
parentPort.postMessage({ delivered, dropped, last: next, problems: problems.slice(0, 10) });
