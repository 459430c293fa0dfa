import type { EmulatorStats } from "./observation/statsBoard.js";

/**
 * An emulator could not be started, for example because a port is in use; `cause` is the system's
 * error.
 */
export class EmulatorStartError extends Error {
  override readonly name = "EmulatorStartError";
  /** The option with the address, such as `ingress.address`. */
  readonly option: string;
  /** The address that it could not listen on, `host:port`. */
  readonly address: string;

  constructor(message: string, option: string, address: string, cause: unknown) {
    super(message, { cause });
    this.option = option;
    this.address = address;
  }
}

/** The emulator was closed during a wait. */
export class EmulatorClosedError extends Error {
  override readonly name = "EmulatorClosedError";
}

/** An awaited condition was not met within `timeoutMs`. */
export class EmulatorTimeoutError extends Error {
  override readonly name = "EmulatorTimeoutError";
  /** The counts at the timeout. */
  readonly stats: EmulatorStats;

  constructor(message: string, stats: EmulatorStats) {
    super(message);
    this.stats = stats;
  }
}
