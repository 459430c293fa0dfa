import type { Emitter, EnvelopeOptions, GaugeMetrics } from "@loggregator/api";
import type { IngressClient } from "@loggregator/ingress";
import { dictionary, double, int64, uint64 } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { text } from "./areas/text.js";
import { base64 } from "./oracle.js";

/** A call of a client, with arguments that both libraries accept. */
export interface Call {
  readonly call: "emitLog" | "emitCounter" | "emitGauge" | "emitTimer" | "emitEvent";
  readonly message: string | Uint8Array;
  /** The name of a counter or timer. */
  readonly name: string;
  readonly metrics: GaugeMetrics;
  readonly start: bigint;
  readonly stop: bigint;
  readonly title: string;
  readonly body: string;
  /** Go's clients always set these together. */
  readonly source: { sourceId: string; instanceId: string; sourceType: string } | undefined;
  readonly stdout: boolean;
  readonly tags: Record<string, string> | undefined;
  readonly amount: { delta: bigint } | { total: bigint } | undefined;
}

/** Returns random calls, the same in each run. */
export function someCalls(count: number, kinds: readonly Call["call"][]): Call[] {
  const name = fc.oneof(
    text,
    fc.constantFrom("client-tag", "origin", "source_type", "source_id", "instance_id", "job"),
  );
  const source = fc.record({
    sourceId: text,
    instanceId: fc.oneof(text, fc.integer().map(String)),
    sourceType: text,
  });
  const metrics = fc.oneof(
    dictionary(text, fc.record({ value: double, unit: text })),
    containerMetrics(),
  );
  const call = fc.record({
    call: fc.constantFrom(...kinds),
    message: fc.oneof(text, fc.uint8Array({ maxLength: 40 })),
    name: text,
    metrics,
    start: int64,
    stop: int64,
    title: text,
    body: text,
    source: fc.option(source, { nil: undefined }),
    stdout: fc.boolean(),
    tags: fc.option(dictionary(name, text), { nil: undefined }),
    amount: fc.option(
      fc.oneof(
        uint64.map((delta) => ({ delta })),
        uint64.map((total) => ({ total })),
      ),
      { nil: undefined },
    ),
  });
  // Clients may reuse encoded parts of the previous call. Therefore each call is repeated with another
  // text, another instance, and another tag.
  return fc
    .sample(call, { numRuns: count / 4, seed: 20_261_122 })
    .flatMap((one) => [
      one,
      { ...one, message: "again", name: "again" },
      { ...one, source: one.source && { ...one.source, instanceId: "7" } },
      { ...one, tags: { ...one.tags, job: "again" } },
    ]);
}

/** Makes a call that v1 and v2 clients share. */
export function emit(client: Emitter, call: Call): void {
  const { source, stdout, amount } = call;
  const options = common(call);
  if (call.call === "emitLog") {
    const stream = stdout ? "stdout" : undefined;
    client.emitLog(call.message, { ...options, sourceType: source?.sourceType, stream });
  } else if (call.call === "emitCounter") {
    client.emitCounter(call.name, { ...options, ...amount });
  } else {
    client.emitGauge(call.metrics, options);
  }
}

/** Makes any call. */
export async function emitV2(client: IngressClient, call: Call): Promise<void> {
  if (call.call === "emitTimer") {
    client.emitTimer(call.name, call.start, call.stop, common(call));
  } else if (call.call === "emitEvent") {
    await client.emitEvent(call.title, call.body, common(call));
  } else {
    emit(client, call);
  }
}

/** Returns the call in the form that the Go program reads. */
export function asLine(call: Call): object {
  const { message, metrics, source, amount = {}, ...rest } = call;
  const numbers = Object.entries(amount).map(([name, value]) => [name, String(value)]);
  return {
    ...rest,
    message: base64(typeof message === "string" ? Buffer.from(message) : message),
    metrics: Object.entries(metrics).map(([name, { value, unit }]) => ({
      name,
      value: Object.is(value, -0) ? "-0" : String(value),
      unit,
    })),
    start: String(call.start),
    stop: String(call.stop),
    options: {
      ...source,
      stdout: call.stdout,
      tags: call.tags ?? {},
      ...Object.fromEntries(numbers),
    },
  };
}

function common({ source, tags }: Call): EnvelopeOptions {
  return { sourceId: source?.sourceId, instanceId: source?.instanceId, tags };
}

function containerMetrics(): fc.Arbitrary<GaugeMetrics> {
  const metric = fc.record({ value: fc.oneof(double, fc.nat()), unit: text });
  return fc.record({
    ...{ cpu: metric, memory: metric, disk: metric, memory_quota: metric, disk_quota: metric },
  });
}
