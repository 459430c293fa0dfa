import type { Envelope } from "@loggregator/api";
import { openSource, type ReadOptions } from "../read/readOptions.js";
import { keeps, selectorsOf } from "../read/selection.js";
import type { Session } from "../session.js";
import { envelopeJson } from "../terminal/envelopeJson.js";
import { counted } from "../terminal/numbers.js";
import { paintFor } from "../terminal/paint.js";
import { EnvelopeRenderer } from "../terminal/renderEnvelope.js";

/** What `loggregator tail` is told. */
export interface TailOptions extends ReadOptions {
  readonly count?: number | undefined;
  readonly tags?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Prints envelopes as they come, until there are enough or the session ends. */
export async function tail(options: TailOptions, session: Session): Promise<void> {
  const { count = Number.POSITIVE_INFINITY } = options;
  const { stdout, signal, say } = session;
  const selectors = selectorsOf(options);
  const keep = keeps(options);
  const lineOf = options.json ? envelopeJson : prettyLine(options);
  const source = await openSource(options, say);
  if (process.stderr.isTTY) say(`following ${source.name}; Ctrl-C ends it`);

  const started = performance.now();
  const seen = new Map<string, number>();
  let left = count;
  for await (const batch of source.read(selectors, signal)) {
    let lines = "";
    for (const envelope of batch) {
      if (left === 0 || !keep(envelope)) continue;
      left -= 1;
      const type = envelope.message?.$case ?? "envelope without type";
      seen.set(type, (seen.get(type) ?? 0) + 1);
      lines += `${lineOf(envelope)}\n`;
    }
    await stdout.write(lines);
    if (left === 0) break;
  }
  if (session.interrupted) say(summary(seen, performance.now() - started));
}

function prettyLine({ tags }: TailOptions): (envelope: Envelope) => string {
  const renderer = new EnvelopeRenderer({ paint: paintFor(process.stdout), tags });
  return (envelope) => renderer.render(envelope);
}

function summary(seen: ReadonlyMap<string, number>, elapsedMs: number): string {
  const total = [...seen.values()].reduce((sum, count) => sum + count, 0);
  const types = [...seen].map(([type, count]) => counted(count, type)).join(", ");
  const seconds = (elapsedMs / 1000).toFixed(1);
  return `${counted(total, "envelope")} in ${seconds} s${types && `: ${types}`}`;
}
