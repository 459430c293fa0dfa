// Measures one subject in its own process: node measure.js <bench> <subject> <seconds>. Prints the
// measurement as JSON. The `Surroundings` are passed in the environment.
import { readFileSync } from "node:fs";
import { benches } from "./benches.js";
import { processCpuSeconds } from "./processCpuSeconds.js";
import type { Surroundings } from "./subject.js";

/** The measurement of one run of one subject. */
export interface Measurement {
  readonly perSecond: number;
  readonly cpuMicrosPerItem: number;
  readonly maxRssMiB: number;
  /**
   * The number of cores that the servers used. Close to 1, a single-threaded server is the
   * bottleneck.
   */
  readonly serverCores?: number;
  /** Further figures of the subject. */
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
// V8 compiles hot code, and connections grow their windows.
const sliceMs = Math.min(1000, Math.max(400, milliseconds)) / 2;
for (let slice = 0; slice < (bench.warmUpSeconds ?? 1) * 2; slice++) {
  // V8 compiles a function again when it is entered, not while it runs.
  await subject.work(performance.now() + sliceMs);
}

const serverCpuBefore = processCpuSeconds(surroundings.serverPid);
const cpuBefore = process.cpuUsage();
const begin = performance.now();
const items = await subject.work(begin + milliseconds);
const elapsed = (performance.now() - begin) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const serverCpu = processCpuSeconds(surroundings.serverPid);
await subject.close?.();

const measurement: Measurement = {
  perSecond: items / elapsed,
  cpuMicrosPerItem: (user + system) / items,
  maxRssMiB: highWaterMiB(),
  ...(serverCpu !== undefined &&
    serverCpuBefore !== undefined && { serverCores: (serverCpu - serverCpuBefore) / elapsed }),
  ...(subject.bytesPerItem !== undefined && {
    nanosPerByte: ((user + system) * 1000) / items / subject.bytesPerItem,
  }),
  ...subject.figures?.(),
};
process.stdout.write(`${JSON.stringify(measurement)}\n`, () => process.exit(0));

/** The maximum resident memory. On Linux, getrusage includes that of the parent before exec. */
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
