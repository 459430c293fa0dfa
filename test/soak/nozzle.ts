// Runs `loggregator nozzle` under a constant load: `npm run soak:nozzle -- --seconds 300 --rate
// 50000`. The RLP, the nozzle and the collector have processes of their own. Prints a line every
// ten seconds and a verdict. Exits with 1 if envelopes were lost, the rate was not reached, or the
// memory of the nozzle grew.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ChildProgram, NozzleProgram, nozzleTotal } from "@loggregator/testing";
import { issueTls } from "../faults/servers/issueTls.js";
import { NozzleServer } from "../faults/servers/nozzleServer.js";
import { reportToCi } from "./reportToCi.js";

/** The permitted growth of the memory of all processes of the nozzle, in MiB. */
const mostGrowthMiB = 32;
/** The fraction of the rate that must be reached. */
const heldShare = 0.98;
/** The time before the measurement in seconds, and the part of the rate in it. */
const warmUpSeconds = 10;
const warmUpShare = 0.2;
/** The interval between two lines, in seconds. */
const intervalSeconds = 10;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    rate: { type: "string", default: "50000" },
    workers: { type: "string", default: "1" },
  },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);
if (!(seconds > 0) || !(rate > 0)) {
  console.error("usage: soak:nozzle --seconds N --rate N [--workers N]");
  process.exit(2);
}

const program = join(createRequire(import.meta.url).resolve("loggregator"), "../bin.js");
const folder = await mkdtemp(join(tmpdir(), "loggregator-nozzle-"));
const tls = await issueTls();
for (const name of ["ca", "cert", "key"] as const) {
  await writeFile(join(folder, name), tls.client[name], { mode: 0o600 });
}
const broken: string[] = [];

await using server = await NozzleServer.start(tls.server, new URL("feed.mjs", import.meta.url));
await using collector = new ChildProgram(new URL("collector.mjs", import.meta.url));
const { address } = await collector.next<{ address: string }>();
await using nozzle = await NozzleProgram.start(
  program,
  ["--to", `otlp://${address}`, "--type", "log", "--workers", values.workers],
  {
    LOGGREGATOR_EGRESS_ADDRESS: server.egress,
    LOGGREGATOR_CA_PATH: join(folder, "ca"),
    LOGGREGATOR_CERT_PATH: join(folder, "cert"),
    LOGGREGATOR_KEY_PATH: join(folder, "key"),
  },
);
await server.untilStreams(Number(values.workers));

console.log(`nozzle: ${rate} envelopes a second for ${seconds} s, ${values.workers} workers`);
// Processes that have just started are slower.
const warmUp = Math.ceil(rate * warmUpSeconds * warmUpShare);
await server.emit(warmUp, rate * warmUpShare);
const started = performance.now();
const count = Math.round(rate * seconds);
const total = warmUp + count;
const emitted = server.emit(count, rate).then(() => performance.now() - started);
let isEmitting = true;
void emitted.finally(() => {
  isEmitting = false;
});
const memoryMiB: number[] = [];
for (let line = 1; isEmitting; line++) {
  await Promise.race([
    wait(line * intervalSeconds * 1_000 - (performance.now() - started)),
    emitted,
  ]);
  await printProgress();
}
const elapsedMs = await emitted;
await nozzle.untilHealth((health) => nozzleTotal(health, "received") >= total || isIdle());
const health = await nozzle.untilHealth((health) => nozzleTotal(health, "queued") === 0);
const cpu = health.workers.reduce((sum, { pid }) => sum + cpuMicros(pid), 0);
const { code, stderr } = await nozzle.stop();
collector.send("count");
const { records } = await collector.next<{ records: number }>();
const received = nozzleTotal(health, "received");
const sent = nozzleTotal(health, "sent");
const held = Math.round((count / elapsedMs) * 1_000);

console.log(
  `${count} emitted after ${warmUp}, in ${(elapsedMs / 1_000).toFixed(1)} s (${held} a second), ${received} received, ${sent} sent, ${records} arrived`,
);
console.log(stderr.trim().split("\n").at(-1));
console.log(`workers: ${(cpu / sent).toFixed(1)} µs of CPU per envelope`);
if (code !== 0) {
  broken.push(`the nozzle ended with ${code}`);
}
if (held < rate * heldShare) {
  broken.push(`the rate was ${held} a second`);
}
if (received !== total || sent !== total || records !== total) {
  broken.push("envelopes were lost");
}
const growthMiB = growth(memoryMiB);
console.log(`memory: ${growthMiB.toFixed(1)} MiB of growth between the first and the last third`);
if (growthMiB > mostGrowthMiB) {
  broken.push(`memory grew by ${growthMiB.toFixed(1)} MiB`);
}
await rm(folder, { recursive: true });
console.log(`nozzle ${broken.length === 0 ? "passed" : "FAILED"}`);
for (const promise of broken) {
  console.log(`  ${promise}`);
}
reportToCi(`nozzle of ${seconds} s, ${rate} a second`, broken);
process.exitCode = broken.length === 0 ? 0 : 1;

/** Prints a line with the progress. */
async function printProgress(): Promise<void> {
  const health = await nozzle.health();
  const pids = [nozzle.pid, ...health.workers.map(({ pid }) => pid)];
  const all = pids.map(residentMiB);
  memoryMiB.push(all.reduce((sum, memory) => sum + memory, 0));
  const time = ((performance.now() - started) / 1_000).toFixed();
  const counts = (["received", "sent", "queued"] as const).map(
    (name) => `${nozzleTotal(health, name)} ${name}`,
  );
  console.log(
    `${time} s: ${counts.join(", ")}; ${health.status}; RSS ${all.map((memory) => memory.toFixed()).join(" + ")} MiB`,
  );
}

/** The memory of a process, as Linux reports it. */
function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** The time that a process has run, in microseconds, as Linux reports it in ticks of 10 ms. */
function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

let idleSince: number | undefined;

/** Whether everything that arrives has arrived: some is lost. */
function isIdle(): boolean {
  idleSince ??= performance.now();
  return performance.now() - idleSince > 10_000;
}

/** The difference between the averages of the first and last third, without the first samples. */
function growth(samples: readonly number[]): number {
  const settled = samples.slice(Math.min(3, Math.floor(samples.length / 4)));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const average = (part: readonly number[]) =>
    part.reduce((sum, value) => sum + value, 0) / part.length;
  return average(settled.slice(-third)) - average(settled.slice(0, third));
}
