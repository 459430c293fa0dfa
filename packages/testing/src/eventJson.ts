import { Envelope_EventType, LogMessage_MessageType, Method, PeerType } from "@loggregator/api/v1";

const enums: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  eventType: Envelope_EventType,
  messageType: LogMessage_MessageType,
  peerType: PeerType,
  method: Method,
};

/** Returns a v1 message as protojson writes it. @loggregator/api has no JSON form of v1. */
export function eventJson(message: object): unknown {
  const members: [string, unknown][] = [];
  for (const [name, value] of Object.entries(message) as [string, unknown][]) {
    const json = name === "_unknownFields" ? undefined : memberJson(name, value);
    if (json !== undefined) {
      members.push([name, json]);
    }
  }
  return Object.fromEntries(members);
}

function memberJson(name: string, value: unknown): unknown {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value === "bigint") {
    return String(value);
  }
  if (typeof value === "number") {
    return enumName(name, value) ?? jsonNumber(value);
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString("base64");
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? undefined : value;
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (name !== "tags") {
    return eventJson(value);
  }
  return Object.keys(value).length === 0 ? undefined : value;
}

function enumName(field: string, number: number): string | undefined {
  const names = Object.entries(enums[field] ?? {});
  return number < 0 ? undefined : names.find(([, value]) => value === number)?.[0];
}

function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** The part of a v1 envelope, or of its JSON, by which `byMetricName` sorts. */
interface Named {
  readonly valueMetric?: { readonly name?: string | undefined } | undefined;
}

/** Sorts v1 envelopes of one gauge, whose metrics come in any order. */
export function byMetricName(a: Named, b: Named): number {
  const name = ({ valueMetric }: Named) => Buffer.from(valueMetric?.name ?? "");
  return Buffer.compare(name(a), name(b));
}
