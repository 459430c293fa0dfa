import { type Envelope, selectAll } from "@loggregator/api";
import { linkedTimeout, silentLogger } from "@loggregator/core";
import { EnvelopeStreamConnector } from "@loggregator/egress";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { V1Client } from "@loggregator/v1";
import { CommandError } from "../errors.js";
import type { Session } from "../session.js";
import { type Paint, paintFor } from "../terminal/paint.js";
import { TextPrinter } from "../terminal/printer/textPrinter.js";

const timeoutMs = 10_000;
const source = { sourceId: "demo-app", instanceId: "0" };

/** The number of envelopes of each type that `emitAll` emits. */
const expected = { log: 5, counter: 2, gauge: 1, timer: 2, event: 1 };

/** The options of `loggregator demo`. */
export interface DemoOptions {
  readonly json?: true | undefined;
}

/** The envelopes that arrived through one of the two readers. */
interface Arrivals {
  readonly counts: ReadonlyMap<string, number>;
  readonly latenciesMs: readonly number[];
}

/**
 * Runs the full pipeline in one process: an emulated Loggregator, clients that emit every type of
 * envelope, and streams that read them back over gRPC and from the gateway.
 *
 * @throws CommandError if some of them do not arrive in time.
 */
export async function demo(
  { json }: DemoOptions,
  { stdout, signal: ending }: Session,
): Promise<void> {
  const paint = paintFor(process.stdout);
  const timedOut = () =>
    new CommandError(
      `the envelopes did not arrive within ${timeoutMs / 1000} s; try again when the machine is less busy`,
    );
  const { signal, abort } = linkedTimeout(timeoutMs, timedOut, ending);
  await using emulator = await startEmulator({ logger: silentLogger });
  if (!json) {
    await stdout.write(greeting(emulator));
  }
  let egress: Arrivals;
  let gateway: Arrivals;
  try {
    // Readers are started first, as envelopes without readers are not kept.
    const [fromEgress, fromGateway] = openStreams(emulator, signal);
    const printer = new TextPrinter({ paint });
    const reading = Promise.all([
      read(fromEgress, async (envelope) => {
        if (!json) {
          await stdout.write(printer.print([envelope]));
        }
      }),
      read(fromGateway),
    ]);
    await Promise.race([
      reading,
      emulator.until(({ egressStreams }) => egressStreams === 2, { signal }),
    ]);
    await emitAll(emulator, signal);
    [egress, gateway] = await reading;
  } finally {
    abort();
  }
  ending.throwIfAborted();

  await stdout.write(json ? result(egress, gateway) : report(egress, gateway, paint));
  if (!isComplete(egress) || !isComplete(gateway)) {
    if (signal.reason instanceof CommandError) {
      throw signal.reason;
    }
    throw new CommandError("only some of the envelopes arrived");
  }
}

function openStreams(emulator: Emulator, signal: AbortSignal) {
  const request = { selectors: selectAll({ sourceId: source.sourceId }) };
  const connector = new EnvelopeStreamConnector({
    address: emulator.egress.address,
    tls: emulator.tls.egress,
    logger: silentLogger,
  });
  const client = new RlpGatewayClient({
    url: emulator.gateway.url,
    token: "demo",
    logger: silentLogger,
  });
  return [connector.stream(request, { signal }), client.stream(request, { signal })] as const;
}

async function emitAll(emulator: Emulator, signal: AbortSignal): Promise<void> {
  const tags = { deployment: "laptop" };
  await using v1Client = new V1Client({
    address: emulator.v1.address,
    origin: "demo",
    tags,
    signal,
    logger: silentLogger,
  });
  await using client = new IngressClient({
    address: emulator.ingress.address,
    tls: emulator.tls.ingress,
    tags: { origin: "demo", ...tags },
    signal,
    logger: silentLogger,
  });
  const begin = new Date();
  const web = { ...source, sourceType: "APP/PROC/WEB" };
  client.emitLog("GET /cart 200", { ...web, stream: "stdout" });
  client.emitLog("GET /checkout 502", { ...web, stream: "stdout" });
  client.emitLog("payment: connection refused", web);
  client.emitLog("Zahlung später, ☕ zuerst", { ...source, sourceType: "APP/TASK/retry" });
  v1Client.emitLog("the same in v1, over UDP", { ...web, stream: "stdout" });
  client.emitCounter("requests", { ...source, delta: 2 });
  client.emitCounter("payments", { ...source, total: 1_795_363n });
  client.emitGauge(
    { cpu: { value: 12.5, unit: "percentage" }, memory: { value: 73_400_320, unit: "bytes" } },
    source,
  );
  client.emitTimer("http", begin, new Date(begin.getTime() + 23), source);
  client.emitTimer("payment", begin, new Date(begin.getTime() + 1_004), source);
  await client.emitEvent("deploy", "v42 is live", { ...source, signal });
}

/** Reads until all envelopes have arrived, or the stream ends. */
async function read(
  batches: AsyncIterable<Envelope[]>,
  show?: (envelope: Envelope) => Promise<void>,
): Promise<Arrivals> {
  const wanted = Object.values(expected).reduce((sum, count) => sum + count);
  const counts = new Map<string, number>();
  const latenciesMs: number[] = [];
  for await (const batch of batches) {
    for (const envelope of batch) {
      const type = envelope.message?.$case ?? "none";
      counts.set(type, (counts.get(type) ?? 0) + 1);
      latenciesMs.push(Date.now() - Number(envelope.timestamp / 1_000_000n));
      await show?.(envelope);
    }
    if (latenciesMs.length >= wanted) {
      break;
    }
  }
  return { counts, latenciesMs };
}

function isComplete({ counts }: Arrivals): boolean {
  return Object.entries(expected).every(([type, wanted]) => counts.get(type) === wanted);
}

function greeting({ ingress, v1, egress, gateway }: Emulator): string {
  return `A local Loggregator, emulated in this process
  ingress  ${ingress.address}
  v1       ${v1.address}
  egress   ${egress.address}
  gateway  ${gateway.url}

`;
}

function report(egress: Arrivals, gateway: Arrivals, paint: Paint): string {
  const heads = `         ${"egress".padEnd(8)}gateway`;
  const lines = Object.entries(expected).map(([type, wanted]) => {
    const got = [egress, gateway].map(({ counts }) => counts.get(type) ?? 0);
    const cells = got.map((count) => `${count} of ${wanted}`.padEnd(8)).join("");
    const isGood = got.every((count) => count === wanted);
    return `${type.padEnd(9)}${cells} ${isGood ? paint("green", "ok") : paint("red", "missing")}`;
  });
  const trips = Object.entries({ egress, gateway }).map(([way, { latenciesMs }]) => {
    const { fastest, median, slowest } = quantiles(latenciesMs);
    return `round trip by ${way}: min ${fastest} ms, median ${median} ms, max ${slowest} ms`;
  });
  return `\n${[paint("gray", heads), ...lines, "", ...trips].join("\n")}\n`;
}

function result(egress: Arrivals, gateway: Arrivals): string {
  const details = (arrivals: Arrivals) => ({
    complete: isComplete(arrivals),
    arrived: Object.fromEntries(arrivals.counts),
    roundTripMs: quantiles(arrivals.latenciesMs),
  });
  const all = { expected, egress: details(egress), gateway: details(gateway) };
  return `${JSON.stringify(all)}\n`;
}

function quantiles(numbers: readonly number[]) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))];
  return { fastest: at(0), median: at(0.5), slowest: at(1) };
}
