import { type Envelope, encodeEnvelopeBatch, formatEnvelopeBatch } from "@loggregator/api";
import { type Envelope as Event, encodeEvent } from "@loggregator/api/v1";
import { type ToV2Options, toV1, toV2 } from "@loggregator/conversion";
import {
  dictionary,
  double,
  envelopes,
  int64,
  withoutUnknownFields,
} from "@loggregator/testing/arbitraries";
import { byMetricName, eventJson } from "@loggregator/testing/event-json";
import fc from "fast-check";
import { canonical } from "../canonical.js";
import { base64 } from "../oracle.js";
import type { Area, Outcome } from "./area.js";
import { events } from "./events.js";
import { text } from "./text.js";

/** A v1 envelope that both convert, with preferred and with deprecated tags. */
export const toV2Area: Area<Event> = {
  name: "conversion to v2",
  cases: events,

  async compare(event, oracle) {
    const json = (options?: ToV2Options) =>
      JSON.parse(formatEnvelopeBatch({ batch: [toV2(event, options)] })).batch[0];
    // Preferred tags are the default.
    const both = { preferred: json(), deprecated: json({ usePreferredTags: false }) };
    const ours = { value: canonical(both) };
    const answer = await oracle.ask("toV2", { bytes: base64(encodeEvent(event)) });
    return { ours, reference: outcome(answer) };
  },
};

/** A v2 envelope that both convert. */
export const toV1Area: Area<Envelope> = {
  name: "conversion to v1",
  cases: convertible(),

  async compare(envelope, oracle) {
    const ours = { value: canonical(toV1(envelope).sort(byMetricName).map(eventJson)) };
    const bytes = base64(encodeEnvelopeBatch({ batch: [envelope] }));
    return { ours, reference: outcome(await oracle.ask("toV1", { bytes })) };
  },
};

function outcome({ value, error }: { value?: unknown; error?: string | undefined }): Outcome {
  return error === undefined ? { value: canonical(value) } : { refused: error };
}

/** Envelopes whose tags and metrics usually have a meaning in v1. */
function convertible(): fc.Arbitrary<Envelope> {
  const uuid = fc.uuid();
  const number = fc.oneof(
    fc.integer().map(String),
    int64.map(String),
    double.map(String),
    fc.constantFrom("+1", "-0", "007", "1e3", " 1", "0x1f", "1_000", "9223372036854775808"),
  );
  const oddUuid = fc
    .tuple(uuid, fc.nat(36), fc.constantFrom("", "x", "-", "A", "é", "{"))
    .map(([id, at, piece]) => id.slice(0, at) + piece + id.slice(at + 1));
  const value = fc.oneof(
    ...[text, number, uuid, oddUuid],
    fc.constantFrom("Error", "LogMessage", "Client", "Server", "1", "GET", "POST", "get", "a\nb"),
  );
  const name = fc.oneof(
    text,
    fc.constantFrom(
      ...["__v1_type", "origin", "deployment", "job", "index", "ip", "source_type", "source"],
      ...["code", "source_id", "instance_id", "peer_type", "method", "request_id", "uri"],
      ...["remote_address", "user_agent", "status_code", "content_length", "forwarded"],
      "routing_instance_id",
    ),
  );
  const deprecated = fc.record({
    data: fc.oneof(
      fc.constant(undefined),
      fc.record({ $case: fc.constant("text" as const), value }),
      fc.record({ $case: fc.constant("integer" as const), value: int64 }),
      fc.record({ $case: fc.constant("decimal" as const), value: decimal() }),
    ),
  });
  const tags = fc.array(fc.tuple(name, value), { maxLength: 8 }).map(Object.fromEntries);
  const common = {
    sourceId: fc.oneof(value, fc.constant("")),
    instanceId: fc.oneof(value, number),
    tags: tags as fc.Arbitrary<Record<string, string>>,
    deprecatedTags: dictionary(name, deprecated),
  };
  return fc
    .tuple(envelopes(text), fc.record(common), fc.option(containerMetrics()))
    .map(([envelope, fields, metrics]) => ({
      ...withoutUnknownFields(envelope),
      ...fields,
      ...(metrics && { message: { $case: "gauge", value: { metrics } } as const }),
    }));
}

/** Metrics of a container's gauge, complete or not, with values that are truncated or rounded. */
function containerMetrics() {
  const value = fc.oneof(decimal(), fc.integer());
  const metric = fc.record({ unit: fc.constantFrom("", "bytes"), value });
  return fc.record(
    {
      ...{ cpu: metric, memory: metric, disk: metric, memory_quota: metric, disk_quota: metric },
      ...{ instance_index: metric, other: metric },
    },
    { requiredKeys: ["cpu", "memory", "disk", "memory_quota"] },
  );
}

/** Doubles, including ones halfway between two decimals with six places. */
function decimal(): fc.Arbitrary<number> {
  return fc.oneof(
    double,
    fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 128),
    fc.double({ min: -1e7, max: 1e7 }),
    fc.constantFrom(2 ** 31, 2 ** 31 - 1, -(2 ** 31) - 1, 2 ** 63, 2 ** 64, -(2 ** 63), 1e21, 0.5),
  );
}
