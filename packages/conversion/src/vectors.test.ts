import { readFileSync } from "node:fs";
import { decodeEnvelopeBatch, type Envelope, formatEnvelopeBatch } from "@loggregator/api";
import {
  decodeEvent,
  Envelope_EventType,
  encodeEvent,
  LogMessage_MessageType,
  Method,
  PeerType,
  type Envelope as V1Envelope,
} from "@loggregator/api/v1";
import { describe, expect, test } from "vitest";
import { toV1, toV2 } from "./index.js";

// Compares with the results of the Go reference for hundreds of inputs.

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
      expect(byName(events.map(asJson))).toEqual(byName(v1Json));
      expect(envelope).toEqual(decodeV2(v2Hex));
    });
  },
);

describe.each(numbered<ToV2Vector>("conversion-v1-to-v2.json"))(
  "v1 to v2, vector $index",
  ({ v1Hex, v1Json, preferredJson, deprecatedJson }) => {
    const event = decodeEvent(Buffer.from(v1Hex, "hex"));

    test("reads and writes the v1 envelope without loss", () => {
      expect(asJson(event)).toEqual(v1Json);
      expect(asJson(decodeEvent(encodeEvent(event)))).toEqual(v1Json);
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

const enums: Record<string, Record<string, number>> = {
  eventType: Envelope_EventType,
  messageType: LogMessage_MessageType,
  peerType: PeerType,
  method: Method,
};

/** A v1 message as protojson has it. */
function asJson(message: object): object {
  const json: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(message) as [string, unknown][]) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) {
      continue;
    }
    if (key === "tags") {
      if (Object.keys(value as V1Envelope["tags"]).length > 0) {
        json["tags"] = value;
      }
    } else if (value instanceof Uint8Array) {
      json[key] = Buffer.from(value).toString("base64");
    } else if (typeof value === "bigint") {
      json[key] = String(value);
    } else if (typeof value === "number") {
      const names = Object.entries(enums[key] ?? {});
      json[key] = names.find(([, number]) => number === value)?.[0] ?? jsonNumber(value);
    } else {
      json[key] =
        typeof value === "object" && !Array.isArray(value) ? asJson(value as object) : value;
    }
  }
  return json;
}

function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function byName<T extends { valueMetric?: { name: string } }>(events: T[]): T[] {
  const name = (event: T) => Buffer.from(event.valueMetric?.name ?? "");
  return events.toSorted((a, b) => Buffer.compare(name(a), name(b)));
}

/** Fails the test where something writes to it. */
function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) {
      freeze(inner);
    }
    Object.freeze(value);
  }
  return value;
}
