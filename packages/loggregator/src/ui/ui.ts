import { randomBytes } from "node:crypto";
import { openSource, type ReadOptions } from "../read/readOptions.js";
import { keeps } from "../read/selection.js";
import { sourceNames, withNames } from "../read/sources/sourceNames.js";
import type { Session } from "../session.js";
import { EnvelopeHub } from "./envelopeHub.js";
import { startUiServer } from "./uiServer.js";

/** The options of `loggregator ui`. */
export interface UiOptions extends ReadOptions {
  readonly port?: number | undefined;
  readonly json?: true | undefined;
}

/** The time before the start from which envelopes of log-cache are shown, in milliseconds. */
const recentMs = 15 * 60_000;

/** Serves the page of a source until the session ends. Prints its link. */
export async function ui(options: UiOptions, session: Session): Promise<void> {
  const { stdout, signal, say } = session;
  const { source, selectors, selection } = await openSource(options, say);
  const keep = keeps(selection);
  const ids = selectors.map(({ sourceId }) => sourceId);
  const names = await sourceNames(ids, options, signal);
  const hub = new EnvelopeHub();
  await using server = await startUiServer({
    hub,
    source: source.name,
    // All users of the machine can connect to the port.
    accessKey: randomBytes(16).toString("base64url"),
    port: options.port,
  });
  const { url } = server;
  await stdout.write(
    options.json
      ? `${JSON.stringify({ event: "started", page: url, source: source.name })}\n`
      : `The page of ${source.kind} ${source.name}; press Ctrl-C to stop. Keep this link secret:\n  ${url}\n`,
  );
  const onOutage = (reason: string | undefined) => {
    hub.state = reason === undefined ? { state: "connected" } : { state: "waiting", reason };
  };
  const { recent, since = recent === undefined ? recently() : undefined } = options;
  for await (const batch of source.read(selectors, signal, { onOutage, since })) {
    hub.addBatch(batch.map((envelope) => withNames(envelope, names)).filter(keep));
  }
}

function recently(): bigint {
  return BigInt(Date.now() - recentMs) * 1_000_000n;
}
