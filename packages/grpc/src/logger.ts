import { shown } from "./arguments.js";

/** Takes what a client has to say. `console` is one, and so is a pino logger. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Says nothing: the default. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/**
 * A logger that says what `logger` says, and does not fail where that does: what goes wrong in a
 * user's logger must not end a connection.
 *
 * @throws TypeError where it is given and a method is missing.
 */
export function safeLogger(logger: Logger | undefined): Logger {
  if (logger === undefined) return silentLogger;
  const safe = { ...silentLogger };
  for (const level of ["debug", "info", "warn", "error"] as const) {
    if (typeof logger?.[level] !== "function") {
      throw new TypeError(
        `logger: expected an object with the methods debug, info, warn and error, got ${shown(logger)}`,
      );
    }
    safe[level] = (message) => {
      try {
        logger[level](message);
      } catch {
        // There is nobody else to tell.
      }
    };
  }
  return safe;
}
