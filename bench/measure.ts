// A process of its own for one subject: node measure.js <bench> <subject> <seconds>. Prints what it
// measured as JSON. The surroundings are in the environment.
import { readFileSync } from "node:fs";
import { benches } from "./benches.js";
import { processCpuSeconds } from "./processCpu.js";
import type { Surroundings } from "./subject.js";

/** What one run of one subject came to. */
export interface Measurement {
  readonly perSecond: number;
  readonly cpuMicrosPerItem: number;
  readonly maxRssMiB: number;
  /** How many cores the servers used. Close to 1, a server with one thread is the bottleneck. */
  readonly farEndCores?: number;
  /** What the subject itself has to tell. */
  readonly [figure: string]: number | undefined;
}

const [benchName = "", subjectName = "", seconds = ""] = process.argv.slice(2);
const bench = benches[benchName];
const open = bench?.subjects[subjectName];
if (bench === undefined || open === undefined) {
  throw new Error(`expected a bench and its subject, got ${process.argv.slice(2)}`);
}

const surroundings = JSON.parse(process.env["BENCH_SURROUNDINGS"] ?? "{}") as Surroundings;
const subject = await open(surroundings);
const milliseconds = Number(seconds) * 1000;
// The engine compiles what is hot, connections find their window.
const sliceMs = Math.min(1000, Math.max(400, milliseconds)) / 2;
for (let slice = 0; slice < (bench.warmUpSeconds ?? 1) * 2; slice++) {
  // V8 compiles a function again when it is entered, not while it runs.
  await subject.work(performance.now() + sliceMs);
}

const farEndCpuBefore = processCpuSeconds(surroundings.farEndPid);
const cpuBefore = process.cpuUsage();
const begin = performance.now();
const items = await subject.work(begin + milliseconds);
const elapsed = (performance.now() - begin) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const farEndCpu = processCpuSeconds(surroundings.farEndPid);
await subject.close?.();

const measurement: Measurement = {
  perSecond: items / elapsed,
  cpuMicrosPerItem: (user + system) / items,
  maxRssMiB: highWaterMiB(),
  ...(farEndCpu !== undefined &&
    farEndCpuBefore !== undefined && { farEndCores: (farEndCpu - farEndCpuBefore) / elapsed }),
  ...(subject.bytesPerItem !== undefined && {
    nanosPerByte: ((user + system) * 1000) / items / subject.bytesPerItem,
  }),
  ...subject.figures?.(),
};
process.stdout.write(`${JSON.stringify(measurement)}\n`, () => process.exit(0));

/** The most memory that was resident. On Linux getrusage counts what the parent had before exec as well. */
function highWaterMiB(): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kib !== undefined) {
      return Number(kib) / 1024;
    }
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS / 1024;
}
