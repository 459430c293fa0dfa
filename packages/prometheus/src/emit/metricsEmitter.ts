import type { Emitter } from "@loggregator/api";
import { IntervalEmitter, type IntervalStatus } from "@loggregator/core";
import type { EmitMetricsSettings, MetricsEmitterStats } from "./options.js";
import { parseMetricsText } from "./parseMetricsText.js";
import { sampleEmitter } from "./sampleEmitter.js";

/** The source of the metrics of a `MetricsEmitter`. */
export interface MetricsOrigin {
  /** The subject of error messages. */
  readonly name: string;
  /** Returns metrics in Prometheus's text format. The signal aborts when the emitter ends. */
  readonly collect: (signal: AbortSignal) => Promise<string>;
  /** Whether `close()` collects once more. */
  readonly collectOnClose: boolean;
}

/**
 * Collects metrics at a fixed interval and emits them. It does not keep the process running. A
 * collection that takes longer than the interval delays the next one.
 */
export class MetricsEmitter implements AsyncDisposable {
  readonly #emitter: Emitter;
  readonly #settings: EmitMetricsSettings;
  readonly #origin: MetricsOrigin;
  readonly #interval: IntervalEmitter;
  readonly #ended = new AbortController();
  #collection: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #skipped = 0;

  /** Use `emitRegistry` or `emitEndpoint`. */
  constructor(emitter: Emitter, settings: EmitMetricsSettings, origin: MetricsOrigin) {
    this.#emitter = emitter;
    this.#settings = settings;
    this.#origin = origin;
    this.#interval = new IntervalEmitter({
      name: `emitter of ${origin.name}`,
      intervalMs: settings.intervalMs,
      onRetryableError: settings.onRetryableError,
      signal: settings.signal,
      logger: settings.logger,
      start: () => ({
        emit: () => void this.#collect(),
        end: () => this.#ended.abort(),
      }),
    });
  }

  /** The number of emitted envelopes; a failed collection counts as one failure. */
  get stats(): MetricsEmitterStats {
    return { ...this.#interval.stats, skipped: this.#skipped };
  }

  /** Yields whether the metrics are emitted, and then each change; ends after `closed`. */
  status(): AsyncIterableIterator<IntervalStatus, undefined> {
    return this.#interval.status();
  }

  /**
   * Stops the emitter. A registry's metrics are emitted once more; an endpoint is not scraped
   * again.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (!this.#interval.ended && this.#origin.collectOnClose) {
      await this.#collection;
      this.#interval.beginLast();
      await this.#collect();
    }
    this.#interval.end();
    await this.#collection;
  }

  /** Never rejects. */
  #collect(): Promise<void> {
    this.#collection ??= this.#collectOnce().finally(() => {
      this.#collection = undefined;
    });
    return this.#collection;
  }

  async #collectOnce(): Promise<void> {
    const { signal } = this.#ended;
    try {
      const samples = parseMetricsText(await this.#origin.collect(signal));
      const { sourceId, instanceId, tags } = this.#settings;
      const defaults = { sourceId, instanceId, tags, timestamp: new Date() };
      for (const sample of signal.aborted ? [] : samples) {
        const emit = sampleEmitter(this.#emitter, sample, defaults);
        if (emit === undefined) {
          this.#skipped++;
        } else {
          this.#interval.emit(sample.name, emit);
        }
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#interval.emit(this.#origin.name, () => {
          throw error;
        });
      }
    }
  }
}
