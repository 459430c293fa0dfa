import { readFileSync } from "node:fs";
import { decodeEnvelopeBatch, type Envelope, formatEnvelopeBatch } from "@loggregator/api";
import { decodeEvent, encodeEvent } from "@loggregator/api/v1";
import { byMetricName, eventJson } from "@loggregator/testing/event-json";
import { describe, expect, test } from "vitest";
import { toV1, toV2 } from "./index.js";

// Compares conversions with the results of the Go reference for hundreds of inputs.

interface ToV1Vector {
  v2Hex: string;
  v1Json: { valueMetric?: { name: string } }[];
}
interface ToV2Vector {
  v1Hex: string;
  v1Json: unknown;
  preferredJson: unknown;
  deprecatedJson: unknown;
}

describe.each(numbered<ToV1Vector>("conversion-v2-to-v1.json"))(
  "v2 to v1, vector $index",
  ({ v2Hex, v1Json }) => {
    test("returns the reference's v1 envelopes and does not change the v2 envelope", () => {
      const envelope = decodeV2(v2Hex);
      const events = toV1(freeze(envelope));
      expect(events.toSorted(byMetricName).map(eventJson)).toEqual(v1Json.toSorted(byMetricName));
      expect(envelope).toEqual(decodeV2(v2Hex));
    });
  },
);

describe.each(numbered<ToV2Vector>("conversion-v1-to-v2.json"))(
  "v1 to v2, vector $index",
  ({ v1Hex, v1Json, preferredJson, deprecatedJson }) => {
    const event = decodeEvent(Buffer.from(v1Hex, "hex"));

    test("reads and writes the v1 envelope without loss", () => {
      expect(eventJson(event)).toEqual(v1Json);
      expect(eventJson(decodeEvent(encodeEvent(event)))).toEqual(v1Json);
    });

    test("returns the reference's v2 envelope and does not change the v1 envelope", () => {
      freeze(event);
      expect(v2Json(toV2(event))).toEqual(preferredJson);
      expect(v2Json(toV2(event, { usePreferredTags: true }))).toEqual(preferredJson);
      expect(v2Json(toV2(event, { usePreferredTags: false }))).toEqual(deprecatedJson);
      expect(event).toEqual(decodeEvent(Buffer.from(v1Hex, "hex")));
    });
  },
);

function numbered<T>(file: string): (T & { index: number })[] {
  const url = new URL(`../vectors/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as T[]).map((entry, index) => ({
    ...entry,
    index,
  }));
}

function decodeV2(hex: string): Envelope {
  // An EnvelopeBatch with the one envelope.
  const bytes = Buffer.from(hex, "hex");
  const length = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) {
      break;
    }
  }
  const batch = decodeEnvelopeBatch(Buffer.concat([Buffer.from([0x0a, ...length]), bytes]));
  return batch.batch[0] as Envelope;
}

function v2Json(envelope: Envelope): unknown {
  return JSON.parse(formatEnvelopeBatch({ batch: [envelope] })).batch[0];
}

/** Freezes a value, so that a write to it fails the test. */
function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) {
      freeze(inner);
    }
    Object.freeze(value);
  }
  return value;
}
