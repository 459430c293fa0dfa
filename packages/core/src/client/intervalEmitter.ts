import { onAbort } from "#onAbort";
import { guardedCallback, invokeCallback } from "../reporting/invokeCallback.js";
import { type Logger, safeLogger } from "../reporting/logger.js";
import { OutageReporter } from "../reporting/outageReporter.js";
import { errorText } from "../text/errorText.js";
import { StatusFeed } from "./statusFeed.js";

/** The status of an emitter that emits at a fixed interval. */
export type IntervalStatus =
  /** The initial status, and the status after an interval without a failure. */
  | { readonly type: "running" }
  /** The emitter failed in this interval. The next attempt follows after `delayMs` milliseconds. */
  | { readonly type: "retrying"; readonly error: Error; readonly delayMs: number }
  /** Closed, or ended by its signal; the last status. */
  | { readonly type: "closed" };

/** Statistics of an emitter that emits at a fixed interval. */
export interface IntervalStats {
  /** The number of successful emits. */
  readonly emitted: number;
  /** The number of failures: the emitter threw, or returned a promise that rejected. */
  readonly failed: number;
}

/** Options of an `IntervalEmitter`. */
export interface IntervalEmitterOptions {
  /** The subject of warnings, such as "pulse emitter". */
  readonly name: string;
  /** The interval in milliseconds. */
  readonly intervalMs: number;
  /** Ends the emitter when it aborts. */
  readonly signal: AbortSignal | undefined;
  /**
   * Called with the first failure of each interval except the last one.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: Error, attempt: number, delayMs: number) => unknown)
    | undefined;
  /** Receives an error for each failure. Default: warnings of the process; `null` disables both. */
  readonly logger: Logger | null | undefined;
  /** Called when the emitter starts; not called if the signal has already aborted. */
  readonly start: () => IntervalWork;
}

/** The functions that an `IntervalEmitter` calls. */
export interface IntervalWork {
  /** Called once per interval. */
  readonly emit: () => void;
  /** Called when the emitter ends. */
  readonly end?: () => void;
}

/**
 * Calls an emitter, which may fail, at a fixed interval. Starts immediately unless the signal has
 * aborted, and does not keep the process running.
 */
export class IntervalEmitter {
  readonly #intervalMs: number;
  readonly #work: IntervalWork | undefined;
  readonly #logger: Logger;
  readonly #outage: OutageReporter;
  readonly #status: StatusFeed<IntervalStatus>;
  readonly #onRetryableError: (error: Error, attempt: number, delayMs: number) => void;
  readonly #stopFollowing: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #emitted = 0;
  #failed = 0;
  /** The number of failures when the interval began. */
  #failedBefore = 0;
  #retrying = false;
  #isLast = false;
  /** The number of intervals with a failure since the last one without. */
  #attempts = 0;

  /** @throws OptionTypeError, OptionRangeError for an invalid option. */
  constructor(options: IntervalEmitterOptions) {
    const { name, intervalMs, onRetryableError, signal, logger, start } = options;
    this.#intervalMs = intervalMs;
    this.#logger = safeLogger(logger);
    this.#onRetryableError = guardedCallback("onRetryableError", onRetryableError, this.#logger);
    this.#outage = new OutageReporter(name, logger === undefined ? undefined : null);
    if (signal?.aborted) {
      this.#status = new StatusFeed<IntervalStatus>({ type: "closed" });
      this.#stopFollowing = () => {};
      return;
    }
    this.#status = new StatusFeed<IntervalStatus>({ type: "running" });
    this.#work = start();
    this.#timer = setInterval(() => this.run(), intervalMs);
    // Timers of browsers are numbers.
    (this.#timer as { unref?(): void }).unref?.();
    this.#stopFollowing = onAbort(signal, () => this.end());
  }

  /** The statistics of the emitter. */
  get stats(): IntervalStats {
    return { emitted: this.#emitted, failed: this.#failed };
  }

  /** True if the emitter has ended. */
  get ended(): boolean {
    return this.#timer === undefined;
  }

  /** Yields the current status and then each change; ends after `closed`. */
  status(): AsyncIterableIterator<IntervalStatus, undefined> {
    return this.#status.read();
  }

  /** Emits now. */
  run(): void {
    if (this.#retrying && this.#failed === this.#failedBefore) {
      this.#retrying = false;
      this.#attempts = 0;
      this.#outage.recovered();
      this.#status.push({ type: "running" });
    }
    this.#failedBefore = this.#failed;
    this.#work?.emit();
  }

  /** Call it before the last emit, whose failures are not followed by another attempt. */
  beginLast(): void {
    this.#isLast = true;
  }

  /**
   * Calls the emitter, and reports a failure.
   *
   * @param what The subject of an error message, such as a metric's name.
   */
  emit(what: string, call: () => unknown): void {
    this.#emitted++;
    invokeCallback(call, (cause) => {
      this.#emitted--;
      this.#failed++;
      const error = new Error(`${what} was not emitted: ${errorText(cause)}`, { cause });
      this.#logger.error(error.message);
      this.#outage.failed(error, this.#intervalMs);
      this.#retrying = true;
      if (this.#failed === this.#failedBefore + 1 && !this.#isLast && !this.ended) {
        this.#attempts++;
        this.#status.push({ type: "retrying", error, delayMs: this.#intervalMs });
        this.#onRetryableError(error, this.#attempts, this.#intervalMs);
      }
    });
  }

  /** Ends immediately. No effect if it has ended. */
  end(): void {
    if (this.#timer === undefined) {
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stopFollowing();
    this.#status.push({ type: "closed" });
    this.#work?.end?.();
  }
}
