import type { Envelope, Selector } from "@loggregator/api";
import type { EncodedEnvelope } from "../wire/encodedEnvelope.js";
import { crc64 } from "./crc64.js";

/** The request of a reader. Both kinds of egress request have these fields. */
export interface SubscriptionRequest {
  readonly shardId: string;
  readonly deterministicName: string;
  readonly selectors: readonly Selector[];
}

/** Accepts an envelope synchronously: a slow reader must not delay the others. */
export type Deliver = (envelope: EncodedEnvelope, time: number) => void;

type EnvelopeType = NonNullable<Envelope["message"]>["$case"];

/** All subscriptions to one selector within one shard. */
interface Group {
  readonly sharded: boolean;
  readonly matches: (envelope: Envelope) => boolean;
  /** Ordered by deterministic name. */
  members: Member[];
}

interface Member {
  readonly name: string;
  readonly deliver: Deliver;
}

/**
 * Delivers each envelope to the readers that selected it, as Doppler does.
 *
 * Each selector of a request is a separate subscription. Those to the same selector in the same
 * shard share its envelopes; different selectors share nothing, even in one shard.
 */
export class Router {
  readonly #groups: Record<EnvelopeType, Map<string, Group>> = {
    log: new Map(),
    counter: new Map(),
    gauge: new Map(),
    timer: new Map(),
    event: new Map(),
  };
  readonly #random: () => number;

  /** @param random from 0 up to, not including, 1; default `Math.random` */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /**
   * Delivers matching envelopes until the returned function is called. Selectors without a message
   * match nothing.
   */
  subscribe(request: SubscriptionRequest, deliver: Deliver): () => void {
    const leave = request.selectors.map((selector) => this.#join(selector, request, deliver));
    return () => {
      for (const leaveGroup of leave) {
        leaveGroup();
      }
    };
  }

  /**
   * Delivers an envelope to the readers that selected it. An envelope without a message is not
   * delivered.
   *
   * @param time The arrival time, as of `performance.now`.
   */
  route(envelope: Envelope, encoded: EncodedEnvelope, time: number): void {
    const type = envelope.message?.$case;
    if (type === undefined) {
      return;
    }
    for (const { sharded, matches, members } of this.#groups[type].values()) {
      if (!matches(envelope)) {
        continue;
      }
      if (sharded) {
        members[this.#choose(members, envelope)]?.deliver(encoded, time);
      } else {
        for (const member of members) {
          member.deliver(encoded, time);
        }
      }
    }
  }

  #join(selector: Selector, request: SubscriptionRequest, deliver: Deliver): () => void {
    const type = selector.message?.$case;
    if (type === undefined) {
      return () => {};
    }
    const names = metricNames(selector);
    const key = JSON.stringify([request.shardId, selector.sourceId, names]);
    const groups = this.#groups[type];
    let group = groups.get(key);
    if (group === undefined) {
      const matches = matcher(selector.sourceId, names);
      group = { sharded: request.shardId !== "", matches, members: [] };
      groups.set(key, group);
    }
    const joined = group;
    const member = { name: request.deterministicName, deliver };
    joined.members = [...joined.members, member].sort(byName);

    return () => {
      joined.members = joined.members.filter((other) => other !== member);
      if (joined.members.length === 0 && groups.get(key) === joined) {
        groups.delete(key);
      }
    };
  }

  #choose(members: readonly Member[], envelope: Envelope): number {
    // Ordered by name: if any member has a name, the last one has.
    if (members.at(-1)?.name !== "") {
      const hash = metricHash(envelope);
      if (hash !== undefined) {
        return Number(hash % BigInt(members.length));
      }
    }
    return Math.floor(this.#random() * members.length);
  }
}

function byName(a: Member, b: Member): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Returns the metrics to which a selector is limited, sorted; empty if it is not limited. */
function metricNames({ message }: Selector): string[] {
  if (message?.$case === "counter" && message.value.name !== "") {
    return [message.value.name];
  }
  if (message?.$case === "gauge") {
    return [...message.value.names].sort();
  }
  return [];
}

function matcher(sourceId: string, names: readonly string[]): Group["matches"] {
  return (envelope) =>
    (sourceId === "" || sourceId === envelope.sourceId) &&
    (names.length === 0 || hasExactly(envelope, names));
}

/** @param wanted Sorted. A gauge has no name twice, so if one is wanted twice, none matches. */
function hasExactly({ message }: Envelope, wanted: readonly string[]): boolean {
  if (message?.$case === "counter") {
    return message.value.name === wanted[0];
  }
  if (message?.$case !== "gauge") {
    return false;
  }
  const names = Object.keys(message.value.metrics);
  // As in the reference, the name "" means no metric.
  if (names.length === 0) {
    return wanted.length === 1 && wanted[0] === "";
  }
  if (names.length !== wanted.length) {
    return false;
  }
  names.sort();
  return names.every((name, i) => name === wanted[i]);
}

/**
 * The sum of the CRC-64s of all metric names, mod 2^64; undefined if it is not a metric with a
 * name.
 */
function metricHash({ message }: Envelope): bigint | undefined {
  if (message?.$case === "counter") {
    return crc64(message.value.name);
  }
  if (message?.$case === "gauge") {
    const sum = Object.keys(message.value.metrics).reduce((sum, name) => sum + crc64(name), 0n);
    return BigInt.asUintN(64, sum);
  }
  return undefined;
}
