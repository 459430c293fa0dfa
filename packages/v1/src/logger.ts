/** Takes what a client has to say. `console` is one, and so is a pino logger. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/**
 * A logger that says what `logger` says, and does not fail where that does: what goes wrong in a
 * user's logger must not end a client.
 *
 * @throws TypeError where a method is missing.
 */
export function safeLogger(logger: Logger = silentLogger): Logger {
  const safe = (level: keyof Logger) => {
    if (typeof logger?.[level] !== "function") {
      throw new TypeError(
        `logger: expected an object with the methods debug, info, warn and error, got ${typeof logger} without ${level}`,
      );
    }
    return (message: string) => {
      try {
        logger[level](message);
      } catch {
        // There is nobody else to tell.
      }
    };
  };
  return { debug: safe("debug"), info: safe("info"), warn: safe("warn"), error: safe("error") };
}
