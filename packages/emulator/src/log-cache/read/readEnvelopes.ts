import { ServerError, Status } from "nice-grpc";
import type { EnvelopeStore } from "../store/envelopeStore.js";
import type { EnvelopeCase } from "../store/storedEnvelope.js";
import { compileNameFilter } from "./nameFilter.js";

/** The fields of `logcache.v1.ReadRequest`. */
export interface ReadQuery {
  readonly sourceId: string;
  readonly startTime: bigint;
  /** 0 stands for now. */
  readonly endTime: bigint;
  /** 0 stands for 100. */
  readonly limit: bigint;
  readonly envelopeTypes: readonly number[];
  readonly descending: boolean;
  readonly nameFilter: string;
}

const defaultLimit = 100;
const maxLimit = 1000n;

/** The types of envelopes by their numbers in `logcache.v1.EnvelopeType`; 0 is ANY. */
const types: readonly (EnvelopeCase | "any")[] = [
  "any",
  "log",
  "counter",
  "gauge",
  "timer",
  "event",
];

/** Whether a number is one of `logcache.v1.EnvelopeType`. */
export function isEnvelopeType(type: number): boolean {
  return types[type] !== undefined;
}

/**
 * Returns envelopes of a source in protobuf's binary form, in the order of their keys.
 *
 * @param now In UNIX nanoseconds.
 * @throws ServerError UNKNOWN for a request that a real log-cache refuses.
 */
export async function readEnvelopes(
  store: EnvelopeStore,
  query: ReadQuery,
  now: bigint,
): Promise<Uint8Array[]> {
  const { sourceId, startTime, endTime, limit, descending } = query;
  if (endTime !== 0n && startTime > endTime) {
    throw refused(`StartTime (${startTime}) must be before EndTime (${endTime})`);
  }
  if (limit > maxLimit) {
    throw refused(`limit (${limit}) must be ${maxLimit} or less`);
  }
  if (limit < 0n) {
    throw refused(`limit (${limit}) must be greater than zero`);
  }
  const filter =
    query.nameFilter === "" ? undefined : await compileNameFilter(query.nameFilter, refused);
  const wanted = wantedTypes(query.envelopeTypes);
  const count = Number(limit) || defaultLimit;
  const range = { start: startTime, end: endTime === 0n ? now : endTime, descending };
  const envelopes: Uint8Array[] = [];
  store.visit(sourceId, range, ({ bytes, type }) => {
    // As in log-cache, an envelope that the filter rejects does not count towards the limit.
    const filtered = filter === undefined ? bytes : filter(bytes, type);
    if (filtered === undefined) {
      return false;
    }
    if (wanted === undefined || (type !== undefined && wanted.has(type))) {
      envelopes.push(filtered);
    }
    return envelopes.length >= count;
  });
  return envelopes;
}

/**
 * Returns the types; undefined for all. ANY is ignored in addition to others, and alone means all.
 */
function wantedTypes(numbers: readonly number[]): ReadonlySet<EnvelopeCase> | undefined {
  const named = numbers.map((number) => types[number]).filter((type) => type !== "any");
  return named.length === 0 ? undefined : new Set(named as EnvelopeCase[]);
}

function refused(message: string): ServerError {
  return new ServerError(Status.UNKNOWN, message);
}
