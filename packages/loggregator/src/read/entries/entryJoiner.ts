import { type Envelope, isLog } from "@loggregator/api";
import { stripColors } from "../../text/colors.js";
import { lineOf } from "../../text/envelopeText.js";
import { isAtLeast, levelOf } from "../../text/level.js";
import { recognizedLength, type TracePart, traceNext, traceStart } from "../../text/stackTrace.js";

/** A log and the lines that continue it, such as a stack trace, or a single envelope. */
export type Entry = readonly [Envelope, ...Envelope[]];

/** An entry without a new line for this long is complete, in milliseconds. */
const quietMs = 100;
/** An entry is complete after this time, even if lines still arrive, in milliseconds. */
const maxOpenMs = 1_000;
/** The maximum number of lines of an entry. */
const maxLines = 1_000;
/** The maximum number of envelopes that are held back. */
const maxHeld = 10_000;

interface OpenEntry {
  readonly envelopes: [Envelope, ...Envelope[]];
  readonly key: string;
  readonly openedMs: number;
  part: TracePart;
  dueMs: number;
}

/**
 * Joins the lines of stack traces to entries, also if lines of other instances come between them.
 * Entries keep the order of their first lines.
 *
 * A log is held back until the next line of its instance, or for `quietMs`.
 */
export class EntryJoiner {
  /** In the order of their first lines. Complete ones wait for those before them. */
  #entries: OpenEntry[] = [];
  /** The entries that may continue, by instance and stream. */
  readonly #open = new Map<string, OpenEntry>();
  #held = 0;

  /** Adds envelopes, and returns the entries that are complete. */
  push(envelopes: readonly Envelope[], nowMs: number): Entry[] {
    for (const envelope of envelopes) {
      this.#add(envelope, nowMs);
    }
    return this.take(nowMs);
  }

  /** Returns the entries that are complete at this time. */
  take(nowMs: number): Entry[] {
    let count = 0;
    for (const entry of this.#entries) {
      const isOpen = this.#open.get(entry.key) === entry;
      if (isOpen && entry.dueMs > nowMs && this.#held <= maxHeld) {
        break;
      }
      if (isOpen) {
        this.#open.delete(entry.key);
      }
      this.#held -= entry.envelopes.length;
      count += 1;
    }
    return this.#remove(count);
  }

  /** The time at which the next entry is complete, in milliseconds; undefined if there is none. */
  get dueMs(): number | undefined {
    return this.#entries[0]?.dueMs;
  }

  /** Returns all entries. */
  flush(): Entry[] {
    this.#open.clear();
    this.#held = 0;
    return this.#remove(this.#entries.length);
  }

  #add(envelope: Envelope, nowMs: number): void {
    this.#held += 1;
    const key = keyOf(envelope);
    const open = key === undefined ? undefined : this.#open.get(key);
    if (key === undefined) {
      this.#start(envelope, "", nowMs, "none");
      return;
    }
    const line = stripColors(lineOf(envelope, recognizedLength).text);
    if (open !== undefined && open.envelopes.length < maxLines) {
      const part = traceNext(line, open.part, () => isError(open.envelopes[0]));
      if (part !== undefined) {
        open.part = part;
        open.envelopes.push(envelope);
        open.dueMs = Math.min(nowMs + quietMs, open.openedMs + maxOpenMs);
        return;
      }
    }
    this.#open.set(key, this.#start(envelope, key, nowMs + quietMs, traceStart(line), nowMs));
  }

  #start(
    envelope: Envelope,
    key: string,
    dueMs: number,
    part: TracePart,
    openedMs: number = dueMs,
  ): OpenEntry {
    const entry: OpenEntry = { envelopes: [envelope], key, part, dueMs, openedMs };
    this.#entries.push(entry);
    return entry;
  }

  #remove(count: number): Entry[] {
    const removed = this.#entries.slice(0, count);
    this.#entries = this.#entries.slice(count);
    return removed.map(({ envelopes }) => envelopes);
  }
}

function keyOf(envelope: Envelope): string | undefined {
  if (!isLog(envelope)) {
    return undefined;
  }
  const { sourceId, instanceId, message } = envelope;
  return `${message.value.type} ${instanceId} ${sourceId}`;
}

function isError(envelope: Envelope): boolean {
  return isAtLeast(levelOf(lineOf(envelope).text), "error");
}
