// pnpm bench [name …] [--json] [--quick] [--rounds N] [--seconds N] [--write]
import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { encodeEnvelopeBatch, formatEnvelopeBatch } from "@loggregator/api";
import { createCertificateAuthority } from "@loggregator/emulator";
import { type Bench, benches } from "./benches.js";
import type { Measurement } from "./measure.js";
import { sampleBatch } from "./sample.js";
import type { Surroundings } from "./subject.js";
import { latenciesMs } from "./subjects/acknowledged.js";
import { writeReport } from "./writeReport.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    // Writes the figures into docs/performance.md.
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const seconds = Number(values.seconds ?? (values.quick ? 0.35 : 2));
const names =
  positionals.length > 0
    ? positionals
    : Object.keys(benches).filter((name) => values.write || !benches[name]?.onlyIfNamed);
const unknown = names.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`expected one of ${Object.keys(benches).join(", ")}, got ${unknown}`);
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "loggregator-bench-"));
const certificates = await writeCertificates(folder);
const goPeer = buildGoPeer();
const { servers, addresses } = await startServers();
const surroundings: Surroundings = {
  ...certificates,
  ...addresses,
  serverPid: servers.pid as number,
};
const results = new Map<string, Map<string, Measurement>>();
try {
  for (const name of names) {
    results.set(name, await run(name, benches[name] as Bench));
  }
  if (values.write) {
    const docs = new URL("../../docs/", import.meta.url);
    await writeReport(results, new URL("performance.md", docs), new URL("performance.svg", docs));
  }
} finally {
  servers.kill();
  await rm(folder, { recursive: true, force: true });
}

async function run(name: string, bench: Bench): Promise<Map<string, Measurement>> {
  const subjects = Object.keys(bench.subjects);
  if (goPeer !== undefined && bench.go !== undefined) {
    subjects.push("go");
  }
  const measured = new Map<string, Measurement[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      measured.get(subject)?.push(await measure(name, bench, subject));
    }
  }
  const medians = new Map([...measured].map(([subject, all]) => [subject, medianOf(all)]));
  for (const [subject, median] of medians) {
    print({ bench: name, subject, ...median });
  }
  const compared = bench.compared ?? subjects.map((subject) => ["ours", subject] as const);
  for (const [of, to] of compared) {
    const [one, other] = [medians.get(of), medians.get(to)];
    if (one === undefined || other === undefined || of === to) {
      continue;
    }
    // If single calls were timed, their median is used.
    const [call, itsCall] = [one["medianNanos"], other["medianNanos"]];
    print({
      bench: name,
      ratio: one.perSecond / other.perSecond,
      cpuRatio: one.cpuMicrosPerItem / other.cpuMicrosPerItem,
      ...(call !== undefined && itsCall !== undefined && { medianRatio: call / itsCall }),
      of,
      to,
    });
  }
  return medians;
}

async function measure(name: string, bench: Bench, subject: string): Promise<Measurement> {
  const env = { ...process.env, BENCH_SURROUNDINGS: JSON.stringify(surroundings) };
  const [file, args] =
    subject === "go"
      ? [goPeer as string, [bench.go as string, String(seconds)]]
      : [process.execPath, [beside("measure.js"), name, subject, String(seconds)]];
  const { stdout } = await promisify(execFile)(file, args, { env, timeout: 120_000 });
  return JSON.parse(stdout) as Measurement;
}

function medianOf(all: readonly Measurement[]): Measurement {
  const median = (figure: string) => {
    const sorted = all.map((measurement) => measurement[figure] as number).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] as number;
  };
  const figures = Object.keys(all[0] ?? {}).map((figure) => [figure, median(figure)]);
  return Object.fromEntries(figures) as Measurement;
}

function print(row: Readonly<Record<string, string | number | undefined>>): void {
  if (values.json) {
    console.log(JSON.stringify(row));
    return;
  }
  const cells = Object.entries(row).map(([name, value = Number.NaN]) => {
    if (typeof value === "string") {
      return value.padEnd(18);
    }
    const text = value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
    return `${name} ${text.padStart(10)}`;
  });
  console.log(cells.join("  "));
}

async function writeCertificates(to: string) {
  const authority = await createCertificateAuthority();
  const { cert, key } = await authority.issue({
    commonName: "bench",
    altNames: ["metron", "reverselogproxy"],
  });
  const paths = {
    caPath: join(to, "ca.crt"),
    certPath: join(to, "both.crt"),
    keyPath: join(to, "both.key"),
  };
  await writeFile(paths.caPath, authority.certificate);
  await writeFile(paths.certPath, cert);
  await writeFile(paths.keyPath, key);
  return paths;
}

/**
 * Starts the Go servers if Go is installed, as they use several cores; otherwise those of Node.js.
 */
async function startServers() {
  const { caPath, certPath, keyPath } = certificates;
  const [file, args] =
    goPeer === undefined
      ? [process.execPath, [beside("servers.js"), caPath, certPath, keyPath]]
      : [goPeer, ["serve"]];
  const servers = spawn(file, args, {
    env: { ...process.env, BENCH_SURROUNDINGS: JSON.stringify(certificates) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const batch = { batch: sampleBatch() };
  const event = `data: ${formatEnvelopeBatch(batch, { emitUnpopulated: true })}\n\n`;
  const given = {
    batch: Buffer.from(encodeEnvelopeBatch(batch)).toString("base64"),
    event: Buffer.from(event).toString("base64"),
    latenciesMs,
  };
  servers.stdin.write(`${JSON.stringify(given)}\n`);
  for await (const line of createInterface(servers.stdout)) {
    const addresses = JSON.parse(line) as Omit<
      Surroundings,
      keyof typeof certificates | "serverPid"
    >;
    return { servers, addresses };
  }
  throw new Error("the servers did not start");
}

/** Builds the Go peer and returns its path; undefined if Go is not installed. */
function buildGoPeer(): string | undefined {
  const program = join(folder, "peer");
  const cwd = fileURLToPath(new URL("../peers/go", import.meta.url));
  const { status, error, stderr } = spawnSync("go", ["build", "-o", program, "."], {
    cwd,
    encoding: "utf8",
  });
  if (status === 0) {
    return program;
  }
  console.error(`the Go peer is left out: ${error?.message ?? stderr.trim()}`);
  return undefined;
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
