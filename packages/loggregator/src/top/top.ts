import { setInterval as intervals } from "node:timers/promises";
import { linkedAbortController } from "@loggregator/core";
import { openSource, type ReadOptions } from "../read/readOptions.js";
import { keeps } from "../read/selection.js";
import { sourceNames, withNames } from "../read/sources/sourceNames.js";
import type { Session } from "../session.js";
import { paintFor } from "../terminal/paint.js";
import { escapeControlsInJson } from "../text/escapeControls.js";
import { Tally, type TopSnapshot } from "./counts/tally.js";
import { FullScreen } from "./fullScreen.js";
import { plainLines } from "./screens/plainLines.js";
import type { SortKey } from "./screens/sortKey.js";
import { TopView } from "./screens/topView.js";

/** The options of `loggregator top`. */
export interface TopOptions extends ReadOptions {
  /** In seconds. */
  readonly interval: number;
  readonly count?: number | undefined;
  readonly json?: boolean | undefined;
  readonly sort: SortKey;
}

/**
 * The time for which the screen shows a message, in milliseconds: longer than the retry delays in
 * an outage.
 */
const noticeMs = 20_000;

/**
 * Counts envelopes and shows the counts at each interval, until the requested number of updates or
 * the end of the session.
 */
export async function top(options: TopOptions, session: Session): Promise<void> {
  const { interval, count = Number.POSITIVE_INFINITY, json } = options;
  const { stdout } = session;
  const hasScreen = !json && stdout.isTerminal;
  let notice: string | undefined;
  let noticeUntil = 0;
  const { source, selectors, selection, isDefault } = await openSource(options, (message) => {
    // A line on standard error would damage the screen.
    if (!hasScreen) {
      return session.say(message);
    }
    notice = message;
    noticeUntil = performance.now() + noticeMs;
  });

  const keep = keeps(selection);
  const ids = selectors.map(({ sourceId }) => sourceId);
  const names = await sourceNames(ids, options, session.signal);
  if (isDefault && !hasScreen) {
    session.say(`reading from ${source.kind} ${source.name}`);
  }
  const { signal, abort } = linkedAbortController(session.signal);
  const end = () => abort();
  const started = performance.now();
  const tally = new Tally(started);
  let snapshot = tally.tick(started);
  const paint = paintFor(process.stdout);
  const view = new TopView(snapshot, options.sort);
  const press = (key: string) => {
    if (view.press(key)) {
      void show();
    } else {
      end();
    }
  };
  using screen = hasScreen
    ? new FullScreen(stdout, { onKey: press, onResize: () => void show() })
    : undefined;

  const show = async () => {
    const now = performance.now();
    const seconds = (now - started) / 1000;
    if (now > noticeUntil) {
      notice = undefined;
    }
    if (screen !== undefined) {
      const frame = { ...stdout.size, paint, source: source.name, seconds, notice };
      await screen.draw(view.lines(frame));
    } else {
      await stdout.write(
        json ? jsonLine(snapshot) : plainLines(snapshot, localTime(), options.sort),
      );
    }
  };
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
    if (screen !== undefined) {
      await show();
    }
    let updates = 0;
    for await (const _ of intervals(interval * 1000, undefined, { signal })) {
      snapshot = tally.tick(performance.now());
      view.update(snapshot);
      await show();
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
