import { openSource, type ReadOptions } from "../read/readOptions.js";
import { keeps } from "../read/selection.js";
import { DroppedNotice } from "../read/sources/droppedNotice.js";
import { ReadAhead } from "../read/sources/readAhead.js";
import type { Session } from "../session.js";
import { envelopeLine, type LineOptions } from "../terminal/envelopeLine.js";
import { counted } from "../text/formatNumbers.js";

/** The options of `loggregator tail`. */
export interface TailOptions extends ReadOptions, LineOptions {
  readonly count?: number | undefined;
  /** The number of recent envelopes to print instead. */
  readonly recent?: number | undefined;
}

/**
 * The time after which a terminal that does not accept output counts as stopped, in milliseconds.
 */
const blockedMs = 2_000;

/** Prints envelopes as they arrive, until the requested number was printed or the session ends. */
export async function tail(options: TailOptions, session: Session): Promise<void> {
  const { count = Number.POSITIVE_INFINITY } = options;
  const { stdout, signal, say } = session;
  const keep = keeps(options);
  const lineOf = envelopeLine(options);
  const { source, selectors, isDefault } = await openSource(options, say);
  if (process.stderr.isTTY) {
    say(`following ${source.name}; Ctrl-C ends it`);
  } else if (isDefault) {
    say(`reading from ${source.kind} ${source.name}`);
  }

  const started = performance.now();
  const printed = new Map<string, number>();
  using dropped = new DroppedNotice(say, "the output is read more slowly than envelopes arrive");
  const batches = new ReadAhead((signal) => source.read(selectors, signal), {
    signal,
    onDropped: (count) => {
      dropped.total += count;
    },
  });
  let left = count;
  for await (const batch of batches) {
    let lines = "";
    for (const envelope of batch) {
      if (left === 0 || !keep(envelope)) {
        continue;
      }
      left -= 1;
      const type = envelope.message?.$case ?? "envelope without type";
      printed.set(type, (printed.get(type) ?? 0) + 1);
      lines += `${lineOf(envelope)}\n`;
    }
    const began = performance.now();
    const written = stdout.write(lines, signal);
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
  if (session.interrupted) {
    say(summary(printed, performance.now() - started));
  }
}

function summary(printed: ReadonlyMap<string, number>, elapsedMs: number): string {
  const total = [...printed.values()].reduce((sum, count) => sum + count, 0);
  const types = [...printed].map(([type, count]) => counted(count, type)).join(", ");
  const seconds = (elapsedMs / 1000).toFixed(1);
  return `${counted(total, "envelope")} in ${seconds} s${types && `: ${types}`}`;
}
