// The whole way in one process: an emulated Loggregator, a client that emits every type of
// envelope, and a stream that reads them back. Exits with 1 where one of them does not arrive.

import { styleText } from "node:util";
import { type Envelope, selectAll } from "@loggregator/api";
import { EnvelopeStreamConnector } from "@loggregator/egress";
import { startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";

const patienceMs = 10_000;
const source = { sourceId: "demo-app", instanceId: "0" };

await using emulator = await startEmulator();
console.log(`Loggregator, emulated in this process
  ingress ${emulator.ingress.address}
  egress  ${emulator.egress.address}
`);

// Reading comes first: what is emitted while nobody reads is not kept.
const connector = new EnvelopeStreamConnector({
  address: emulator.egress.address,
  tls: emulator.tls.egress,
});
const signal = AbortSignal.timeout(patienceMs);
const stream = connector.stream(
  { shardId: "demo", selectors: selectAll({ sourceId: source.sourceId }) },
  { signal },
);
const expected = { log: 4, counter: 2, gauge: 1, timer: 2, event: 1 };
const reading = read(stream, sum(Object.values(expected)));
await emulator.until(({ egressStreams }) => egressStreams === 1, { signal });

const begin = new Date();
const client = new IngressClient({
  address: emulator.ingress.address,
  tls: emulator.tls.ingress,
  tags: { origin: "demo", deployment: "laptop" },
});
client.emitLog("GET /cart 200", { ...source, stream: "stdout", sourceType: "APP/PROC/WEB" });
client.emitLog("GET /checkout 502", { ...source, stream: "stdout", sourceType: "APP/PROC/WEB" });
client.emitLog("payment: connection refused", { ...source, sourceType: "APP/PROC/WEB" });
client.emitLog("Zahlung später, ☕ zuerst", { ...source, sourceType: "APP/TASK/retry" });
client.emitCounter("requests", { ...source, delta: 2 });
client.emitCounter("payments", { ...source, total: 1_795_363n });
client.emitGauge(
  { cpu: { value: 12.5, unit: "percentage" }, memory: { value: 73_400_320, unit: "bytes" } },
  source,
);
client.emitTimer("http", begin, new Date(begin.getTime() + 23), source);
client.emitTimer("payment", begin, new Date(begin.getTime() + 1_004), source);
await client.emitEvent("deploy", "v42 is live", { ...source, signal });
await client.closeSend();

const { counts, latenciesMs } = await reading;

console.log();
let complete = true;
for (const [type, wanted] of Object.entries(expected)) {
  const got = counts.get(type) ?? 0;
  complete &&= got === wanted;
  const mark = got === wanted ? paint("green", "ok") : paint("red", "missing");
  console.log(`${type.padEnd(8)}${got} of ${wanted}  ${mark}`);
}
const [fastest, median, slowest] = [0, 0.5, 1].map((part) => quantile(latenciesMs, part));
console.log(
  `\nround trip  ${fastest} ms at best, ${median} ms in the middle, ${slowest} ms at worst`,
);
process.exitCode = complete ? 0 : 1;

/** Prints what arrives until so many have, or the stream ends. */
async function read(batches: AsyncIterable<Envelope[]>, wanted: number) {
  const counts = new Map<string, number>();
  const latenciesMs: number[] = [];
  for await (const batch of batches) {
    for (const envelope of batch) {
      const type = envelope.message?.$case ?? "none";
      counts.set(type, (counts.get(type) ?? 0) + 1);
      latenciesMs.push(Date.now() - Number(envelope.timestamp / 1_000_000n));
      console.log(describe(envelope));
    }
    if (latenciesMs.length >= wanted) break;
  }
  return { counts, latenciesMs };
}

function describe({ timestamp, sourceId, instanceId, message, tags }: Envelope): string {
  const time = new Date(Number(timestamp / 1_000_000n)).toISOString().slice(11, 23);
  const type = (message?.$case ?? "none").toUpperCase().padEnd(7);
  const from = `${sourceId}/${instanceId}`;
  return `${paint("gray", time)}  ${paint("cyan", from)}  ${paint("bold", type)}  ${tell(message, tags)}`;
}

function tell(message: Envelope["message"], tags: Envelope["tags"]): string {
  switch (message?.$case) {
    case "log": {
      const text = new TextDecoder().decode(message.value.payload);
      return `${(tags["source_type"] ?? "").padEnd(14)}  ${message.value.type === 0 ? text : paint("red", text)}`;
    }
    case "counter": {
      const { name, delta, total } = message.value;
      return `${name.padEnd(14)}  ${total > 0n ? `${total} in all` : `+${delta}`}`;
    }
    case "gauge":
      return Object.entries(message.value.metrics)
        .map(([name, { value, unit }]) => `${name.padEnd(14)}  ${value} ${unit}`)
        .join(",  ");
    case "timer": {
      const { name, start, stop } = message.value;
      return `${name.padEnd(14)}  ${Number(stop - start) / 1e6} ms`;
    }
    case "event":
      return `${message.value.title.padEnd(14)}  ${message.value.body}`;
    case undefined:
      return "";
  }
}

function paint(style: "bold" | "cyan" | "gray" | "green" | "red", text: string): string {
  return process.stdout.isTTY && !process.env["NO_COLOR"] ? styleText(style, text) : text;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function quantile(numbers: readonly number[], part: number): number | undefined {
  return numbers.toSorted((a, b) => a - b)[Math.round(part * (numbers.length - 1))];
}
