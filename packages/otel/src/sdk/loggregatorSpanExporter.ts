import { span } from "../mapping/otlpValues.js";
import { toEnvelopes } from "../mapping/toEnvelopes/toEnvelopes.js";
import type { Resource } from "../messages.js";
import { EnvelopeSink } from "./envelopeSink.js";
import {
  checkExporterArguments,
  type EnvelopeEmitter,
  type SdkExporterOptions,
} from "./sdkOptions.js";
import type { SdkCallback, SdkSpan } from "./sdkTypes.js";
import { ids, keyValues, nanoseconds } from "./sdkValues.js";

/**
 * A `SpanExporter` that emits spans as timers. See `toEnvelopes` for the mapping; parents, events,
 * links and status are not part of it.
 */
export class LoggregatorSpanExporter {
  readonly #sink: EnvelopeSink;

  /** @throws OptionTypeError, OptionRangeError for an invalid argument or option. */
  constructor(emitter: EnvelopeEmitter, options: SdkExporterOptions = {}) {
    checkExporterArguments(emitter, [], options);
    this.#sink = new EnvelopeSink(emitter, options);
  }

  /**
   * Emits spans. Calls `done` at once: the emitter has a queue of its own.
   *
   * @throws OptionTypeError if `done` is not a function.
   */
  export(spans: readonly SdkSpan[], done: SdkCallback): void {
    this.#sink.export(
      () => spans.flatMap((span) => timer(span, this.#sink.resource(span.resource))),
      done,
    );
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
}

function timer(sdkSpan: SdkSpan, resource: Resource) {
  const { name, kind, startTime, endTime, attributes } = sdkSpan;
  const otlp = span({
    name,
    // OTLP's numbers start with "unspecified".
    kind: (kind + 1) as ReturnType<typeof span>["kind"],
    startTimeUnixNano: nanoseconds(startTime),
    endTimeUnixNano: nanoseconds(endTime),
    attributes: keyValues(attributes),
    ...ids(sdkSpan.spanContext()),
  });
  return toEnvelopes({
    traces: {
      resourceSpans: [
        {
          resource,
          scopeSpans: [{ scope: undefined, spans: [otlp], schemaUrl: "" }],
          schemaUrl: "",
        },
      ],
    },
  });
}
