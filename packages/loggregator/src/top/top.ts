import { setInterval as intervals } from "node:timers/promises";
import { openSource, type ReadOptions } from "../read/readOptions.js";
import { keeps, selectorsOf } from "../read/selection.js";
import type { Session } from "../session.js";
import { escapeControlsInJson } from "../terminal/escapeControls.js";
import { paintFor } from "../terminal/paint.js";
import { FullScreen } from "./fullScreen.js";
import { plainLines, screenLines } from "./screen.js";
import { Tally, type TopSnapshot } from "./tally.js";

/** What `loggregator top` is told. */
export interface TopOptions extends ReadOptions {
  /** In seconds. */
  readonly interval: number;
  readonly count?: number | undefined;
  readonly json?: boolean | undefined;
}

/** How long the screen shows what was told: longer than an outage that lasts is silent about itself. */
const noticeMs = 20_000;

/** Counts what comes, and shows it at each interval, until there were enough or the session ends. */
export async function top(options: TopOptions, session: Session): Promise<void> {
  const { interval, count = Number.POSITIVE_INFINITY, json } = options;
  const { stdout } = session;
  const selectors = selectorsOf(options);
  const keep = keeps(options);
  const hasScreen = !json && stdout.isTerminal;
  let notice: string | undefined;
  let noticeUntil = 0;
  const source = await openSource(options, (message) => {
    // On the screen a line of its own would be in the way.
    if (!hasScreen) return session.say(message);
    notice = message;
    noticeUntil = performance.now() + noticeMs;
  });

  const ending = new AbortController();
  const end = () => ending.abort();
  const signal = AbortSignal.any([session.signal, ending.signal]);
  const started = performance.now();
  const tally = new Tally(started);
  let snapshot = tally.tick(started);
  const paint = paintFor(process.stdout);
  using screen = hasScreen
    ? new FullScreen(stdout, { onKey: (key) => key === "q" && end(), onResize: () => void show() })
    : undefined;

  const show = async () => {
    const now = performance.now();
    const seconds = (now - started) / 1000;
    if (now > noticeUntil) notice = undefined;
    if (screen !== undefined) {
      const frame = { ...stdout.size, paint, source: source.name, seconds, notice };
      await screen.draw(screenLines(snapshot, frame));
    } else {
      await stdout.write(json ? jsonLine(snapshot) : plainLines(snapshot, localTime()));
    }
  };
  const read = async () => {
    for await (const batch of source.read(selectors, signal)) {
      for (const envelope of batch) {
        if (keep(envelope)) tally.add(envelope);
      }
    }
  };
  const look = async () => {
    if (screen !== undefined) await show();
    let looks = 0;
    for await (const _ of intervals(interval * 1000, undefined, { signal })) {
      snapshot = tally.tick(performance.now());
      await show();
      looks += 1;
      if (looks >= count) return;
    }
  };
  await Promise.all([read().finally(end), look().catch(unlessAborted(signal)).finally(end)]);
}

function unlessAborted(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

function jsonLine(snapshot: TopSnapshot): string {
  const time = new Date().toISOString();
  return `${escapeControlsInJson(JSON.stringify({ time, ...snapshot }))}\n`;
}

function localTime(): string {
  return new Date().toTimeString().slice(0, 8);
}
