import type { Emitter } from "@loggregator/api";
import { logRecord } from "../mapping/otlpValues.js";
import { toEnvelopes } from "../mapping/toEnvelopes/toEnvelopes.js";
import { EnvelopeSink } from "./envelopeSink.js";
import {
  checkExporterArguments,
  type EnvelopeEmitter,
  type SdkExporterOptions,
} from "./sdkOptions.js";
import type { SdkCallback, SdkLogRecord } from "./sdkTypes.js";
import { anyValue, ids, keyValues, nanoseconds } from "./sdkValues.js";

/**
 * A `LogRecordExporter` that emits log records as logs. Records with an event name become events if
 * the emitter has `emit`, and logs otherwise. See `toEnvelopes` for the mapping.
 */
export class LoggregatorLogRecordExporter {
  readonly #sink: EnvelopeSink;
  readonly #hasEvents: boolean;

  /** @throws OptionTypeError, OptionRangeError for an invalid argument or option. */
  constructor(emitter: EnvelopeEmitter | Emitter, options: SdkExporterOptions = {}) {
    checkExporterArguments(emitter, ["emitLog"], options);
    this.#hasEvents = "emit" in emitter;
    this.#sink = new EnvelopeSink(emitter, options);
  }

  /**
   * Emits log records. Calls `done` at once: the emitter has a queue of its own.
   *
   * @throws OptionTypeError if `done` is not a function.
   */
  export(records: readonly SdkLogRecord[], done: SdkCallback): void {
    this.#sink.export(() => records.flatMap((record) => this.#envelope(record)), done);
  }

  /**
   * Flushes the emitter.
   *
   * @throws FlushTimeoutError if that takes longer than `flushTimeoutMs`.
   */
  forceFlush(): Promise<void> {
    return this.#sink.flush();
  }

  /**
   * Flushes the emitter and fails later exports. The emitter stays open.
   *
   * @throws FlushTimeoutError if that takes longer than `flushTimeoutMs`.
   */
  shutdown(): Promise<void> {
    return this.#sink.shutdown();
  }

  #envelope(record: SdkLogRecord) {
    const { severityNumber = 0, severityText = "", body, eventName = "" } = record;
    const otlp = logRecord({
      timeUnixNano: nanoseconds(record.hrTime),
      observedTimeUnixNano: nanoseconds(record.hrTimeObserved),
      severityNumber: severityNumber as ReturnType<typeof logRecord>["severityNumber"],
      severityText,
      body: body === undefined ? undefined : anyValue(body),
      eventName: this.#hasEvents ? eventName : "",
      attributes: keyValues(record.attributes),
      ...ids(record.spanContext),
    });
    return toEnvelopes({
      logs: {
        resourceLogs: [
          {
            resource: this.#sink.resource(record.resource),
            scopeLogs: [{ scope: undefined, logRecords: [otlp], schemaUrl: "" }],
            schemaUrl: "",
          },
        ],
      },
    });
  }
}
