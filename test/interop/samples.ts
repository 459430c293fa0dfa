import { type Envelope, encodeEnvelopeBatch, logEnvelope } from "@loggregator/api";
import { envelopes as arbitraryEnvelopes } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { compactJson } from "./areas/batches.js";
import { text } from "./areas/text.js";
import { canonical } from "./canonical.js";
import { base64 } from "./oracle.js";
import type { Peer } from "./peer.js";

/** An envelope in protojson. */
export type Json = Readonly<Record<string, unknown>>;

/** Returns envelopes of all types, the same in each run. */
export const envelopes: readonly Envelope[] = fc.sample(arbitraryEnvelopes(text), {
  numRuns: 300,
  seed: 20_261_122,
});

/** Returns numbered logs. */
export const logs: readonly Envelope[] = Array.from({ length: 10_000 }, (_, number) =>
  logEnvelope(String(number)),
);

/** Encodes a batch for a line to the Go program. */
export function encoded(batch: readonly Envelope[]): string {
  return base64(encodeEnvelopeBatch({ batch: [...batch] }));
}

/** Returns the envelopes in protojson, as we write it. */
export function protojson(batch: readonly Envelope[] = []): Json[] {
  return (compactJson({ batch: [...batch] }) as { batch?: Json[] }).batch ?? [];
}

/** Returns the text of a log in protojson. */
export function payload(json: Json): string {
  const { payload } = json["log"] as { payload: string };
  return Buffer.from(payload, "base64").toString();
}

/** Returns the next envelopes that a Go reader reports. */
export async function take(reader: Peer, count: number): Promise<Json[]> {
  const taken: Json[] = [];
  while (taken.length < count) {
    const { batch } = await reader.next<{ batch: { batch?: Json[] } }>();
    taken.push(...(batch.batch ?? []));
  }
  return taken;
}

/**
 * Returns a function that changes envelopes as an agent does: it sets empty source ids and the totals
 * of counters, see docs/protocol.md. It leaves tags alone; see `withoutFoldedTags`.
 */
export function agentModel(): (json: Json) => Json {
  const totals = new Map<string, bigint>();
  return (json) => {
    const { tags = {}, deprecated_tags = {} } = json as {
      tags?: { origin?: string };
      deprecated_tags?: { origin?: { text?: string } };
    };
    const origin = Object.hasOwn(tags, "origin") ? tags.origin : deprecated_tags.origin?.text;
    const named =
      json["source_id"] === undefined && origin ? { ...json, source_id: origin } : { ...json };
    const counter = json["counter"] as { name?: string; delta?: string; total?: string };
    if (counter === undefined) {
      return named;
    }
    const key = canonical([named["source_id"], counter.name, tags, deprecated_tags]);
    const sent = BigInt(counter.total ?? 0);
    const total =
      sent === 0n && counter.delta !== undefined
        ? BigInt.asUintN(64, (totals.get(key) ?? 0n) + BigInt(counter.delta))
        : sent;
    totals.set(key, total);
    return total === 0n ? named : { ...named, counter: { ...counter, total: String(total) } };
  };
}

/** Removes the tags that an agent adds for deprecated ones. Conformance tests check their text. */
export function withoutFoldedTags(json: Json): Json {
  const {
    tags = {},
    deprecated_tags = {},
    ...rest
  } = json as {
    tags?: Record<string, string>;
    deprecated_tags?: object;
  };
  const kept = Object.entries(tags).filter(([name]) => !Object.hasOwn(deprecated_tags, name));
  return {
    ...rest,
    ...(Object.keys(deprecated_tags).length > 0 && { deprecated_tags }),
    ...(kept.length > 0 && { tags: Object.fromEntries(kept) }),
  };
}
