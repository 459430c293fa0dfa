import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { type Envelope, logEnvelope, logText } from "@loggregator/api";
import { listen, Recorder } from "@loggregator/testing";
import { OtlpExporter } from "../src/exporter/otlpExporter.js";
import type { OtlpExporterOptions } from "../src/exporter/otlpExporterOptions.js";
import { toEnvelopes } from "../src/mapping/toEnvelopes/toEnvelopes.js";
import { ExportLogsServiceRequest } from "../src/messages.js";

/** A request as the server received it. */
export interface Request {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Starts an OTLP/HTTP server. Accepts each request that `answer` does not answer, unless `answer`
 * adds a listener `hang` to the response, which leaves it open.
 */
export async function startServer(
  answer: (response: ServerResponse, index: number) => unknown = () => {},
  port = 0,
) {
  const requests = new Recorder<Request>();
  let index = 0;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    answer(response, index++);
    if (!response.writableEnded && response.listenerCount("hang") === 0) {
      response.end();
    }
    requests.add({ path: request.url ?? "", headers: request.headers, body });
  });
  const listening = await listen(server, { port, host: "127.0.0.1" });
  return {
    requests,
    url: `http://${listening.address}`,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

/** Starts a server that answers no request before `release()` is called. */
export async function startBlockedServer() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = await startServer((response) => {
    response.on("hang", () => {});
    released.then(() => response.end());
  });
  return { ...server, release };
}

const fast = { flushIntervalMs: 5, retry: { baseDelayMs: 5 }, logger: null } as const;

/** Creates an exporter that sends and retries without long delays, and does not log. */
export function exporterTo(url: string, options: Partial<OtlpExporterOptions> = {}): OtlpExporter {
  return new OtlpExporter({ url, ...fast, ...options });
}

/** Logs with the texts `line 0`, `line 1`, … */
export function numbered(count: number, from = 0): Envelope[] {
  return Array.from({ length: count }, (_, i) =>
    logEnvelope(`line ${from + i}`, { sourceId: "a" }),
  );
}

/** Returns the texts of all logs in requests. */
export function logLines(requests: readonly Request[]): string[] {
  return requests
    .filter(({ path }) => path.endsWith("/v1/logs"))
    .flatMap(({ body }) => toEnvelopes({ logs: ExportLogsServiceRequest.decode(body) }))
    .map((envelope) => logText(envelope as never));
}
