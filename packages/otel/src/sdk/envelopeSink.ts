import { type Emitter, type Envelope, isCounter, isGauge, isLog, Log_Type } from "@loggregator/api";
import { abortable, formatValue, linkedTimeout, OptionTypeError } from "@loggregator/core";
import type { Resource } from "../messages.js";
import { FlushTimeoutError } from "./flushTimeoutError.js";
import type { EnvelopeEmitter, SdkExporterOptions } from "./sdkOptions.js";
import type { SdkCallback, SdkResource } from "./sdkTypes.js";
import { keyValues } from "./sdkValues.js";

/** The `service.name` that SDKs set by default, by OpenTelemetry's specification of resources. */
const unknownService = /^unknown_service(:|$)/;

/** Emits the envelopes of an exporter, until it is shut down. */
export class EnvelopeSink {
  readonly #emitter: EnvelopeEmitter | Emitter;
  readonly #options: SdkExporterOptions;
  #isShutDown = false;

  constructor(emitter: EnvelopeEmitter | Emitter, options: SdkExporterOptions) {
    this.#emitter = emitter;
    this.#options = options;
  }

  /**
   * Returns a resource of the SDK as one of OTLP. The source id and instance id of the options are
   * added as attributes, so that the mapping keeps the attributes that they replace, as tags. If a
   * source id is added, the default name of an unnamed service is omitted, as it would become a tag
   * of every envelope.
   */
  resource({ attributes }: SdkResource): Resource {
    const { sourceId, instanceId } = this.#options;
    const { "service.name": serviceName, ...others } = attributes;
    const isNamed = sourceId === undefined || !unknownService.test(String(serviceName));
    const identified = {
      ...(isNamed ? attributes : others),
      ...(sourceId !== undefined && { source_id: sourceId }),
      ...(instanceId !== undefined && { instance_id: instanceId }),
    };
    return { attributes: keyValues(identified), droppedAttributesCount: 0 };
  }

  /**
   * Emits envelopes, and calls back with the result before it returns, as the SDK allows.
   *
   * @throws OptionTypeError if `done` is not a function.
   */
  export(create: () => readonly Envelope[], done: SdkCallback): void {
    if (typeof done !== "function") {
      throw new OptionTypeError("done", "a function", formatValue(done));
    }
    if (this.#isShutDown) {
      done({ code: 1, error: new Error("the exporter was shut down") });
      return;
    }
    try {
      for (const envelope of create()) {
        this.#emit(this.#identified(envelope));
      }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      done({ code: 1, error });
      return;
    }
    done({ code: 0 });
  }

  /**
   * Flushes the emitter.
   *
   * @throws FlushTimeoutError if that takes longer than `flushTimeoutMs`.
   */
  async flush(): Promise<void> {
    const emitter: EnvelopeEmitter | Emitter = this.#emitter;
    if (!("flush" in emitter)) {
      return;
    }
    const { flushTimeoutMs = 5_000 } = this.#options;
    const timeout = linkedTimeout(flushTimeoutMs, () => new FlushTimeoutError(flushTimeoutMs));
    const flush = async () => emitter.flush?.({ signal: timeout.signal });
    try {
      await abortable(timeout.signal, flush());
    } finally {
      timeout.abort();
    }
  }

  /**
   * Flushes the emitter, once, and rejects later exports. The emitter stays open.
   *
   * @throws FlushTimeoutError as `flush()`.
   */
  async shutdown(): Promise<void> {
    if (!this.#isShutDown) {
      this.#isShutDown = true;
      await this.flush();
    }
  }

  #identified(envelope: Envelope): Envelope {
    const { sourceId = envelope.sourceId, instanceId = envelope.instanceId, tags } = this.#options;
    return { ...envelope, sourceId, instanceId, tags: { ...envelope.tags, ...tags } };
  }

  #emit(envelope: Envelope): void {
    if ("emit" in this.#emitter) {
      this.#emitter.emit(envelope);
      return;
    }
    const { sourceId, instanceId, tags, timestamp } = envelope;
    const options = { sourceId, instanceId, tags, timestamp };
    if (isLog(envelope)) {
      const { payload, type } = envelope.message.value;
      const stream = type === Log_Type.ERR ? "stderr" : "stdout";
      this.#emitter.emitLog(payload, { ...options, stream });
    } else if (isCounter(envelope)) {
      const { name, delta, total } = envelope.message.value;
      this.#emitter.emitCounter(name, { ...options, ...(delta > 0n ? { delta } : { total }) });
    } else if (isGauge(envelope)) {
      this.#emitter.emitGauge(
        Object.fromEntries(
          Object.entries(envelope.message.value.metrics).map(([name, metric]) => [
            name,
            metric ?? { value: 0, unit: "" },
          ]),
        ),
        options,
      );
    }
  }
}
