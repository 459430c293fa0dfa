// Reads its standard input under a StallTimer, and cannot run for a while: node stalledReader.mjs
// <timeoutMs> stop | block | run. Prints "waiting", then "received" or "stalled" and exits.
import { StallTimer } from "@loggregator/core";

const [timeoutMs, how] = [Number(process.argv[2]), process.argv[3]];

function end(result) {
  process.stdout.write(`${result}\n`, () => process.exit(0));
}

const timer = new StallTimer(timeoutMs, () => end("stalled"));
process.stdin.on("data", () => end("received"));
timer.start();
process.stdout.write("waiting\n");
if (how === "stop") {
  process.kill(process.pid, "SIGSTOP");
}
if (how === "block") {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, timeoutMs * 3);
}
