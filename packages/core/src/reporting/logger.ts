import { OptionTypeError } from "../options/optionError.js";
import { formatValue } from "../text/formatValue.js";
import { invokeCallback } from "./invokeCallback.js";

/** Receives a client's log messages: `console`, a pino logger, or any object with these methods. */
export interface Logger {
  /** Receives details for debugging. */
  debug(message: string): void;
  /** Receives changes, such as a recovery. */
  info(message: string): void;
  /** Receives failures that are retried. */
  warn(message: string): void;
  /** Receives failures that end a client or a stream. */
  error(message: string): void;
}

const levels = ["debug", "info", "warn", "error"] as const;

/** Logs nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/**
 * Returns a logger that forwards to `logger` and never fails: an exception or a rejected promise
 * of a user's logger must not end a client. Returns a silent logger for `undefined` and `null`.
 *
 * @throws OptionTypeError if a method is missing.
 */
export function safeLogger(logger: Logger | null | undefined): Logger {
  if (logger === undefined || logger === null) {
    return silentLogger;
  }
  const safe = { ...silentLogger };
  for (const level of levels) {
    if (typeof logger[level] !== "function") {
      throw new OptionTypeError(
        "logger",
        "null or an object with debug, info, warn and error",
        `${formatValue(logger)} without ${level}`,
      );
    }
    safe[level] = (message) => invokeCallback(() => logger[level](message), ignore);
  }
  return safe;
}

/** Failures of the logger itself cannot be reported anywhere. */
function ignore(): void {}
