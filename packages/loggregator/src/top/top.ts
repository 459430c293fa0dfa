import { setInterval as intervals } from "node:timers/promises";
import { linkedAbortController } from "@loggregator/core";
import { openSource, type ReadOptions } from "../read/readOptions.js";
import { keeps } from "../read/selection.js";
import { sourceNames, withNames } from "../read/sources/sourceNames.js";
import type { Session } from "../session.js";
import { escapeControlsInJson } from "../text/escapeControls.js";
import { Tally, type TopSnapshot } from "./counts/tally.js";
import { Notice } from "./notice.js";
import { plainLines } from "./screens/plainLines.js";
import type { SortKey } from "./screens/sortKey.js";
import { TopScreen } from "./topScreen.js";

/** The options of `loggregator top`. */
export interface TopOptions extends ReadOptions {
  /** In seconds. */
  readonly interval: number;
  readonly count?: number | undefined;
  readonly json?: boolean | undefined;
  readonly sort: SortKey;
}

/**
 * Counts envelopes and shows the counts at each interval, until the requested number of updates or
 * the end of the session.
 */
export async function top(options: TopOptions, session: Session): Promise<void> {
  const { interval, count = Number.POSITIVE_INFINITY, json, sort } = options;
  const { stdout } = session;
  const notice = !json && stdout.isTerminal ? new Notice() : undefined;
  const { source, selectors, selection, isDefault } = await openSource(options, (message) => {
    // A line on standard error would damage the screen.
    if (notice === undefined) {
      session.say(message);
    } else {
      notice.set(message);
    }
  });
  const ids = selectors.map(({ sourceId }) => sourceId);
  const names = await sourceNames(ids, options, session.signal);
  if (isDefault && notice === undefined) {
    session.say(`reading from ${source.kind} ${source.name}`);
  }
  const { signal, abort } = linkedAbortController(session.signal);
  const end = () => abort();
  const started = performance.now();
  const tally = new Tally(started);
  const first = tally.tick(started);
  using screen =
    notice &&
    new TopScreen(stdout, first, { source: source.name, sort, notice, started, onQuit: end });

  const keep = keeps(selection);
  const read = async () => {
    for await (const batch of source.read(selectors, signal)) {
      for (const received of batch) {
        const envelope = withNames(received, names);
        if (keep(envelope)) {
          tally.add(envelope);
        }
      }
    }
  };
  const update = async () => {
    await screen?.show();
    let updates = 0;
    for await (const _ of intervals(interval * 1000, undefined, { signal })) {
      const snapshot = tally.tick(performance.now());
      if (screen !== undefined) {
        await screen.update(snapshot);
      } else {
        await stdout.write(json ? jsonLine(snapshot) : plainLines(snapshot, localTime(), sort));
      }
      updates += 1;
      if (updates >= count) {
        return;
      }
    }
  };
  await Promise.all([read().finally(end), update().catch(unlessAborted(signal)).finally(end)]);
}

function unlessAborted(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) {
      throw error;
    }
  };
}

function jsonLine(snapshot: TopSnapshot): string {
  const time = new Date().toISOString();
  return `${escapeControlsInJson(JSON.stringify({ time, ...snapshot }))}\n`;
}

function localTime(): string {
  return new Date().toTimeString().slice(0, 8);
}
