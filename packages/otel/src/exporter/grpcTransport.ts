import { type Logger, linkedTimeout } from "@loggregator/core";
import { Connection, type PartialTlsSource } from "@loggregator/grpc";
import { ClientError, createClientFactory, Metadata, Status } from "nice-grpc";
import { OtlpExportError } from "../errors.js";
import type { OtlpRequests } from "../mapping/otlpRequests.js";
import {
  LogsServiceDefinition,
  MetricsServiceDefinition,
  TraceServiceDefinition,
} from "../messages.js";
import { gzipped } from "./gzip.js";
import { retryInfoMs } from "./retryInfo.js";
import { type Acceptance, decodeResponse, type OtlpSignal } from "./signals.js";
import type { Transport } from "./transport.js";

/** Statuses after which a request may be sent again, by the OTLP specification. */
const retryableStatuses: ReadonlySet<Status> = new Set([
  Status.CANCELLED,
  Status.DEADLINE_EXCEEDED,
  Status.ABORTED,
  Status.OUT_OF_RANGE,
  Status.UNAVAILABLE,
  Status.DATA_LOSS,
]);

export interface GrpcTransportOptions {
  readonly address: string;
  /** False for plain text. */
  readonly tls: PartialTlsSource | false;
  readonly serverName: string;
  readonly gzip: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

interface RawRequest {
  readonly bytes: Uint8Array;
}

/** The Export method of a service, whose request is encoded and whose response is decoded elsewhere. */
function exportService(definition: { readonly fullName: string }) {
  return {
    name: definition.fullName.slice(definition.fullName.lastIndexOf(".") + 1),
    fullName: definition.fullName,
    methods: {
      export: {
        name: "Export",
        requestType: rawRequest,
        requestStream: false,
        responseType: rawResponse,
        responseStream: false,
        options: {},
      },
    },
  } as const;
}

const rawRequest = {
  encode: ({ bytes }: RawRequest) => ({ finish: () => bytes }),
  decode: (bytes: Uint8Array): RawRequest => ({ bytes }),
  fromPartial: (request: RawRequest) => request,
};
const rawResponse = {
  encode: (response: { bytes: Uint8Array }) => ({ finish: () => response.bytes }),
  decode: (bytes: Uint8Array) => ({ bytes }),
  fromPartial: (response: { bytes: Uint8Array }) => response,
};

/** OTLP over gRPC. */
export class GrpcTransport implements Transport {
  readonly address: string;
  readonly #options: GrpcTransportOptions;
  readonly #connection: Connection;
  readonly #clients;
  readonly #release: () => void;

  constructor(options: GrpcTransportOptions) {
    const { address, tls, serverName, logger } = options;
    this.address = address;
    this.#options = options;
    this.#connection = new Connection({
      address,
      serverName,
      logger,
      ...(tls === false ? { security: "plain-text" } : { security: "tls", tls }),
    });
    this.#release = this.#connection.acquire();
    const factory = createClientFactory().use(this.#connection.middleware);
    const create = (definition: { readonly fullName: string }) =>
      factory.create(exportService(definition), this.#connection.channel);
    this.#clients = {
      logs: create(LogsServiceDefinition),
      metrics: create(MetricsServiceDefinition),
      traces: create(TraceServiceDefinition),
    };
  }

  async send(
    kind: OtlpSignal,
    _: OtlpRequests,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Acceptance> {
    const { headers, timeoutMs, gzip } = this.#options;
    let trailer: Metadata | undefined;
    const timeout = linkedTimeout(
      timeoutMs,
      () => this.#error(kind, `no response within ${timeoutMs} ms`, { retryable: true }),
      signal,
    );
    try {
      const response = await this.#clients[kind].export(
        { bytes: gzip ? await gzipped(bytes) : bytes },
        {
          ...(gzip && { requestEncoding: "gzip" }),
          signal: timeout.signal,
          metadata: Metadata(headers),
          onTrailer: (received) => {
            trailer = received;
          },
        },
      );
      return decodeResponse(kind, response.bytes);
    } catch (cause) {
      signal.throwIfAborted();
      if (timeout.signal.aborted) {
        throw timeout.signal.reason;
      }
      throw this.#failure(kind, cause, trailer);
    } finally {
      timeout.abort();
    }
  }

  close(): void {
    this.#release();
  }

  #failure(kind: OtlpSignal, cause: unknown, trailer: Metadata | undefined): OtlpExportError {
    if (!(cause instanceof ClientError)) {
      const text = cause instanceof Error ? cause.message : String(cause);
      return this.#error(kind, text, { cause, retryable: true });
    }
    const { code, details } = cause;
    const retryAfterMs = retryInfoMs(trailer?.get("grpc-status-details-bin"));
    return this.#error(kind, `${Status[code]}: ${details}`, {
      cause,
      status: code,
      retryAfterMs,
      // Without RetryInfo, an exhausted resource is not a matter of time.
      retryable:
        retryableStatuses.has(code) ||
        (code === Status.RESOURCE_EXHAUSTED && retryAfterMs !== undefined),
    });
  }

  #error(
    signal: OtlpSignal,
    text: string,
    options: ConstructorParameters<typeof OtlpExportError>[1],
  ): OtlpExportError {
    return new OtlpExportError(`cannot export ${signal} to ${this.address}: ${text}`, {
      signal,
      ...options,
    });
  }
}

/** Creates the transport for gRPC. */
export function createGrpcTransport(options: GrpcTransportOptions): Transport {
  return new GrpcTransport(options);
}
