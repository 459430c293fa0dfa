import type { Emitter } from "@loggregator/api";
import { formatValue, OptionTypeError, optionalFunction } from "@loggregator/core";
import { LineEmitter, pinoLevels } from "./lineEmitter.js";
import { type LineOptions, lineOptionNames, lineSettings } from "./options.js";

/** Destinations with this symbol receive `lastLevel` and `lastTime` from pino before each line. */
const metadata = Symbol.for("pino.metadata");

/** The last argument of `pino()`. */
export interface LoggregatorDestination {
  /** Marks it as a stream: `pino(destination)` without options would treat it as options. */
  readonly writable: true;
  /** Emits a line. */
  write(line: string): void;
  /** Called by `logger.flush()`. Waits until the emitter has sent its queue, if it has one. */
  flush(callback?: (error?: Error) => void): void;
}

/** An emitter with a queue, such as an `IngressClient`. */
interface FlushableEmitter extends Emitter {
  flush?(): Promise<void>;
}

/** Options of `createDestination`. */
interface DestinationOptions extends LineOptions {
  /**
   * The logger's option `messageKey`, for the payload `message`.
   *
   * @default "msg"
   */
  readonly messageKey?: string | undefined;
}

/**
 * Creates a destination that emits lines in the thread of the logger, for programs that already
 * have a client. Close the client before the process exits: queued lines are lost otherwise.
 *
 * @param emitter Any client, such as an `IngressClient` or a `V1Client`. It is not closed.
 * @throws OptionTypeError for an invalid argument or option.
 */
export function createDestination(
  emitter: Emitter,
  options: DestinationOptions = {},
): LoggregatorDestination {
  if (typeof emitter?.emitLog !== "function") {
    throw new OptionTypeError("emitter", "an object with emitLog", formatValue(emitter));
  }
  return new Destination(emitter, options);
}

class Destination implements LoggregatorDestination {
  readonly [metadata] = true;
  readonly writable = true;
  lastLevel: unknown;
  lastTime: unknown;
  readonly #emitter: FlushableEmitter;
  readonly #lines: LineEmitter;
  readonly #needsRecord: boolean;

  constructor(emitter: Emitter, options: DestinationOptions) {
    const settings = lineSettings<DestinationOptions>(options, {
      ...lineOptionNames,
      messageKey: true,
    });
    const { messageKey = "msg" } = options;
    if (typeof messageKey !== "string") {
      throw new OptionTypeError("messageKey", "a string", formatValue(messageKey));
    }
    this.#emitter = emitter;
    this.#lines = new LineEmitter(emitter, settings, { messageKey, levels: pinoLevels });
    this.#needsRecord = LineEmitter.needsRecord(settings);
  }

  write(line: string): void {
    const text = line.replace(/\r?\n$/, "");
    const record = this.#needsRecord ? parseRecord(text) : undefined;
    // A time that pino has formatted as text may still have quotes around it.
    const time = /^\d+$/.test(`${this.lastTime}`) ? Number(this.lastTime) : `${this.lastTime}`;
    this.#lines.emit(text, { level: this.lastLevel, time: unquoted(time), record });
  }

  flush(callback: (error?: Error) => void = () => {}): void {
    optionalFunction("callback", callback);
    if (this.#emitter.flush === undefined) {
      callback();
      return;
    }
    this.#emitter.flush().then(() => callback(), callback);
  }
}

function unquoted(time: string | number): string | number {
  return typeof time === "string" ? time.replace(/^"|"$/g, "") : time;
}

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const record: unknown = JSON.parse(text);
    return typeof record === "object" && record !== null
      ? (record as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
