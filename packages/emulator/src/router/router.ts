import type { Envelope, Selector } from "@loggregator/api";
import { crc64 } from "./crc64.js";

/** What a reader asks for; both kinds of egress request have these fields. */
export interface SubscriptionRequest {
  readonly shardId: string;
  readonly deterministicName: string;
  readonly selectors: readonly Selector[];
}

/** Takes an envelope at once: a reader that is slow must not keep the others waiting. */
export type Deliver = (envelope: Envelope) => void;

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
 * Brings each envelope to the readers that selected it, as Doppler does.
 *
 * Each selector of a request is a subscription of its own. Those to the same selector in the same
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
   * Delivers what matches, until the returned function is called. Selectors without a message match
   * nothing.
   */
  subscribe(request: SubscriptionRequest, deliver: Deliver): () => void {
    const leave = request.selectors.map((selector) => this.#join(selector, request, deliver));
    return () => {
      for (const leaveGroup of leave) {
        leaveGroup();
      }
    };
  }

  route(envelope: Envelope): void {
    const type = envelope.message?.$case;
    if (type === undefined) {
      return;
    }
    for (const group of this.#groups[type].values()) {
      if (group.matches(envelope)) {
        this.#deliver(group, envelope);
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

  #deliver({ sharded, members }: Group, envelope: Envelope): void {
    if (!sharded) {
      for (const member of members) {
        member.deliver(envelope);
      }
      return;
    }
    members[this.#choose(members, envelope)]?.deliver(envelope);
  }

  #choose(members: readonly Member[], envelope: Envelope): number {
    // Ordered by name: where any has one, the last has.
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

/** The metrics that a selector is limited to, sorted; none: all. */
function metricNames({ message }: Selector): string[] {
  if (message?.$case === "counter" && message.value.name !== "") {
    return [message.value.name];
  }
  if (message?.$case === "gauge") {
    return [...new Set(message.value.names)].sort();
  }
  return [];
}

function matcher(sourceId: string, names: readonly string[]): Group["matches"] {
  const wanted = new Set(names);
  return (envelope) =>
    (sourceId === "" || sourceId === envelope.sourceId) &&
    (wanted.size === 0 || hasExactly(envelope, wanted));
}

function hasExactly({ message }: Envelope, wanted: ReadonlySet<string>): boolean {
  if (message?.$case === "counter") {
    return wanted.has(message.value.name);
  }
  if (message?.$case === "gauge") {
    const names = Object.keys(message.value.metrics);
    return names.length === wanted.size && names.every((name) => wanted.has(name));
  }
  return false;
}

/** The sum of the CRC-64s of all metric names, mod 2^64; undefined: not a metric that has a name. */
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
