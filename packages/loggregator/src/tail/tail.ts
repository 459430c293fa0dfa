import { linkedTimeout } from "@loggregator/core";
import { joinEntries } from "../read/entries/joinEntries.js";
import { openSource, type ReadOptions } from "../read/readOptions.js";
import { keepsEntry } from "../read/selection.js";
import { DroppedNotice } from "../read/sources/droppedNotice.js";
import { ReadAhead } from "../read/sources/readAhead.js";
import { sourceNames } from "../read/sources/sourceNames.js";
import type { Session } from "../session.js";
import { createPrinter, type LineOptions } from "../terminal/printer/createPrinter.js";
import { counted } from "../text/formatNumbers.js";

/** The options of `loggregator tail`. */
export interface TailOptions extends ReadOptions, LineOptions {
  readonly count?: number | undefined;
  /** The number of recent envelopes to print first. */
  readonly recent?: number | undefined;
  /** Whether to continue after the recent envelopes. */
  readonly follow?: boolean | undefined;
}

/**
 * The time after which a terminal that does not accept output counts as stopped, in milliseconds.
 */
const blockedMs = 2_000;

/** Prints envelopes as they arrive, until the requested number was printed or the session ends. */
export async function tail(options: TailOptions, session: Session): Promise<void> {
  const { count = Number.POSITIVE_INFINITY, until } = options;
  const { stdout, say } = session;
  // Checks the options before any request.
  createPrinter(options, stdout);
  const { source, selectors, selection, isDefault } = await openSource(options, say);
  const keep = keepsEntry(selection);
  const ids = selectors.map(({ sourceId }) => sourceId);
  const printer = createPrinter(options, stdout, await sourceNames(ids, options, session.signal));
  if (process.stderr.isTTY) {
    say(`following ${source.name}; press Ctrl-C to stop`);
  } else if (isDefault) {
    say(`reading from ${source.kind} ${source.name}`);
  }

  const started = performance.now();
  const printed = new Map<string, number>();
  using dropped = new DroppedNotice(say, "the output is read more slowly than envelopes arrive");
  const { signal, abort } = linkedTimeout(timeLeft(until), () => undefined, session.signal);
  const batches = new ReadAhead((signal) => source.read(selectors, signal), {
    signal,
    onDropped: (count) => {
      dropped.total += count;
    },
  });
  let left = count;
  try {
    for await (const entries of joinEntries(batches, abort)) {
      let lines = "";
      for (const entry of entries) {
        if (left === 0) {
          break;
        }
        if (!keep(entry)) {
          continue;
        }
        const [first, ...others] = entry;
        // The limit may be in the middle of a stack trace.
        const part = others.slice(0, left - 1);
        const type = first.message?.$case ?? "envelope without type";
        printed.set(type, (printed.get(type) ?? 0) + 1 + part.length);
        left -= 1 + part.length;
        lines += printer.print([first, ...part]);
      }
      const began = performance.now();
      const written = stdout.write(lines, session.signal);
      const waitedMs = performance.now() - began;
      // Writing to a terminal blocks the process, which cannot read meanwhile.
      if (waitedMs > blockedMs) {
        say(
          `the terminal was stopped for ${(waitedMs / 1000).toFixed(1)} s; the server may have dropped envelopes`,
        );
      }
      await written;
      if (left === 0) {
        break;
      }
    }
  } finally {
    abort();
  }
  if (session.interrupted) {
    say(summary(printed, performance.now() - started));
  }
}

/** The time for which envelopes from before `until` may still arrive, in milliseconds. */
const lateMs = 5_000;

/** Returns the time until no more envelopes are expected, in milliseconds. */
function timeLeft(until: bigint | undefined): number {
  const ms =
    until === undefined ? Number.POSITIVE_INFINITY : Number(until / 1_000_000n) - Date.now();
  // Longer than the limit of timers, 24 days: no timer is needed.
  return ms + lateMs > maxTimerMs ? Number.POSITIVE_INFINITY : Math.max(ms, 0) + lateMs;
}

const maxTimerMs = 2 ** 31 - 1;

function summary(printed: ReadonlyMap<string, number>, elapsedMs: number): string {
  const total = [...printed.values()].reduce((sum, count) => sum + count, 0);
  const types = [...printed].map(([type, count]) => counted(count, type)).join(", ");
  const seconds = (elapsedMs / 1000).toFixed(1);
  return `${counted(total, "envelope")} in ${seconds} s${types && `: ${types}`}`;
}
