// The writer thread of the diode's benchmark: sets messages until it is terminated.
import { workerData } from "node:worker_threads";
import { SharedOneToOne } from "@loggregator/diodes";
import { line } from "./sample.js";

const ring = new SharedOneToOne(workerData as SharedArrayBuffer);
const message = new TextEncoder().encode(line);
for (;;) {
  ring.set(message);
}
