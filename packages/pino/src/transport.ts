import { writeSync } from "node:fs";
import type { Transform } from "node:stream";
import { errorText, linkedTimeout, objectArgument } from "@loggregator/core";
import { IngressClient, loadIngressTls } from "@loggregator/ingress";
import build from "pino-abstract-transport";
import { type Line, LineEmitter, pinoLevels } from "./lineEmitter.js";
import {
  lineOptionNames,
  lineSettings,
  type TransportIngressOptions,
  type TransportOptions,
} from "./options.js";

/** The number of lines between two checks of the queue. */
const checkInterval = 1_000;

/** The fraction of the queue that may be full before lines are paused. */
const pauseShare = 0.25;

/** The maximum duration of a pause in milliseconds. After it, the queue drops the oldest lines. */
const maxPauseMs = 1_000;

/** A line, or text that is not one. */
interface ParsedLine extends Line {
  readonly text: string;
}

/** Added by pino-abstract-transport if `expectPinoConfig` is set. */
interface PinoConfig {
  readonly levels?: { readonly values: Readonly<Record<string, number>> } | undefined;
  readonly messageKey?: string | undefined;
}

/**
 * The transport, which pino calls in a worker thread. It sends each line as a log with an
 * `IngressClient`, and closes the client when the logger ends, at the latest when the process
 * exits.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option; pino emits it as an `error`
 * event of the transport.
 */
export default async function loggregatorTransport(
  options: TransportOptions = {},
): Promise<Transform> {
  objectArgument("options", options);
  const {
    $context: _,
    pinoWillSendConfig: __,
    ...own
  } = options as TransportOptions & {
    readonly $context?: unknown;
    readonly pinoWillSendConfig?: unknown;
  };
  const settings = lineSettings<TransportOptions>(own, { ...lineOptionNames, ingress: true });
  const client = createClient(own.ingress);
  const needsRecord = LineEmitter.needsRecord(settings);
  return await build(
    (source) => {
      const { levels, messageKey = "msg" } = source as Transform & PinoConfig;
      const names = { messageKey, levels: levels?.values ?? pinoLevels };
      const lines = new LineEmitter(client, settings, names);
      const pause = pauser(source, client, own.ingress?.maxQueueSize ?? 100_000);
      source.on("data", (line: ParsedLine) => {
        lines.emit(line.text, line);
        pause();
      });
      source.on("unknown", (text) => lines.emit(text, {}));
    },
    {
      expectPinoConfig: true,
      metadata: false,
      parseLine: (text) => parseLine(text, needsRecord),
      close: async () => {
        try {
          await client.close();
        } catch (error) {
          reportLoss(error);
        }
      },
    },
  );
}

function createClient(ingress: TransportIngressOptions = {}): IngressClient {
  objectArgument("ingress", ingress);
  const { tls, ...others } = ingress;
  return tls === undefined
    ? IngressClient.fromEnv(others)
    : new IngressClient({ ...others, tls: () => loadIngressTls(tls) });
}

/**
 * Parses a line of pino.
 *
 * @throws SyntaxError if it is not one: pino-abstract-transport then passes it as `unknown`.
 */
function parseLine(text: string, needsRecord: boolean): ParsedLine {
  const record = JSON.parse(text) as ParsedLine["record"];
  if (typeof record !== "object" || record === null) {
    throw new SyntaxError("a line must be a JSON object");
  }
  const { level, time } = record as { readonly level?: unknown; readonly time?: unknown };
  return { text, level, time, record: needsRecord ? record : undefined };
}

/**
 * Returns a function that pauses reading while lines arrive faster than they can be sent; call it
 * after each line. Paused lines wait in the logger's thread. During an outage, or after a long
 * pause, the queue drops its oldest lines instead, so that waiting lines do not fill the memory.
 */
function pauser(source: Transform, client: IngressClient, maxQueueSize: number): () => void {
  let untilCheck = checkInterval;
  let isConnectable = true;
  let pause: ReturnType<typeof linkedTimeout> | undefined;
  void (async () => {
    for await (const { type } of client.status()) {
      isConnectable = type !== "disconnected" && type !== "retrying" && type !== "closed";
      if (!isConnectable) {
        pause?.abort();
      }
    }
  })();
  return () => {
    if (--untilCheck > 0 || pause !== undefined) {
      return;
    }
    untilCheck = checkInterval;
    if (isConnectable && client.stats.queued > maxQueueSize * pauseShare) {
      pause = linkedTimeout(maxPauseMs, () => undefined);
      source.pause();
      const resume = () => {
        pause?.abort();
        pause = undefined;
        source.resume();
      };
      client.flush({ signal: pause.signal }).then(resume, resume);
    }
  };
}

/**
 * Writes to stderr directly: at the exit of the process, a worker's output is no longer forwarded.
 */
function reportLoss(error: unknown): void {
  try {
    writeSync(2, `@loggregator/pino: ${errorText(error)}\n`);
  } catch {
    // There is no standard error.
  }
}
