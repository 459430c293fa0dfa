// A thread that writes `count` messages into a shared diode, or until it is terminated.
import { parentPort, workerData } from "node:worker_threads";
import { SharedManyToOne } from "@loggregator/diodes";
import { longestShort, writeMessage } from "./messages.mjs";

const { buffer, writer, count, longer } = workerData;
const diode = new SharedManyToOne(buffer);
const scratch = new Uint8Array(longestShort * longer);
parentPort.postMessage("writing");
for (let index = 0; index < count; index++) {
  diode.set(writeMessage(scratch, writer, index, longer));
}
parentPort.postMessage("written");
