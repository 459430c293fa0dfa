import { span } from "../mapping/otlpValues.js";
import { toEnvelopes } from "../mapping/toEnvelopes/toEnvelopes.js";
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

  /** Emits spans. Calls `done` at once: the emitter has a queue of its own. */
  export(spans: readonly SdkSpan[], done: SdkCallback): void {
    this.#sink.export(() => spans.flatMap(timer), done);
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

function timer(sdkSpan: SdkSpan) {
  const { name, kind, startTime, endTime, attributes, resource } = sdkSpan;
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
          resource: { attributes: keyValues(resource.attributes), droppedAttributesCount: 0 },
          scopeSpans: [{ scope: undefined, spans: [otlp], schemaUrl: "" }],
          schemaUrl: "",
        },
      ],
    },
  });
}
