import { errorText, type Logger, linkedTimeout } from "@loggregator/core";
import { Connection } from "@loggregator/grpc";
import { ClientError, createClientFactory, Metadata, Status } from "nice-grpc";
import { OtlpExportError } from "../../errors.js";
import type { OtlpRequests } from "../../mapping/otlpRequests.js";
import {
  LogsServiceDefinition,
  MetricsServiceDefinition,
  TraceServiceDefinition,
} from "../../messages.js";
import { type Acceptance, decodeResponse } from "../encoding/decodeResponse.js";
import { gzipped } from "../encoding/gzipped.js";
import type { OtlpSignal } from "../otlpSignal.js";
import type { Transport } from "../transport/transport.js";
import type { GrpcSettings } from "../transport/transportSettings.js";
import { retryInfoMs } from "./retryInfoMs.js";

/** Statuses after which a request may be sent again, by the OTLP specification. */
const retryableStatuses: ReadonlySet<Status> = new Set([
  Status.CANCELLED,
  Status.DEADLINE_EXCEEDED,
  Status.ABORTED,
  Status.OUT_OF_RANGE,
  Status.UNAVAILABLE,
  Status.DATA_LOSS,
]);

interface RawRequest {
  readonly bytes: Uint8Array;
}

type RawResponse = RawRequest;

/** The Export method of a service, with requests and responses as bytes. */
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

const services = {
  logs: exportService(LogsServiceDefinition),
  metrics: exportService(MetricsServiceDefinition),
  traces: exportService(TraceServiceDefinition),
};

/** Creates a connection, which opens when it is first used. */
export function openGrpcConnection(settings: GrpcSettings, logger: Logger): Connection {
  const { address, tls, serverName } = settings;
  return new Connection({
    address,
    serverName,
    logger,
    ...(tls === false ? { security: "plain-text" } : { security: "tls", tls }),
  });
}

/** OTLP over gRPC. */
class GrpcTransport implements Transport {
  readonly address: string;
  readonly #kind: OtlpSignal;
  readonly #settings: GrpcSettings;
  readonly #client;
  readonly #release: () => void;

  constructor(kind: OtlpSignal, settings: GrpcSettings, connection: Connection) {
    this.address = settings.address;
    this.#kind = kind;
    this.#settings = settings;
    this.#release = connection.acquire();
    this.#client = createClientFactory()
      .use(connection.middleware)
      .create(services[kind], connection.channel);
  }

  async send(
    _: OtlpRequests,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Acceptance> {
    const { headers, timeoutMs, gzip } = this.#settings;
    let trailer: Metadata | undefined;
    const timeout = linkedTimeout(
      timeoutMs,
      () => this.#error(`no response within ${timeoutMs} ms`, { retryable: true }),
      signal,
    );
    let response: RawResponse;
    try {
      response = await this.#client.export(
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
    } catch (cause) {
      signal.throwIfAborted();
      if (timeout.signal.aborted) {
        throw timeout.signal.reason;
      }
      throw this.#failure(cause, trailer);
    } finally {
      timeout.abort();
    }
    try {
      return decodeResponse(this.#kind, response.bytes);
    } catch (cause) {
      // The status confirms that the data was accepted.
      return { rejected: 0, message: `malformed response: ${errorText(cause)}` };
    }
  }

  close(): void {
    this.#release();
  }

  #failure(cause: unknown, trailer: Metadata | undefined): OtlpExportError {
    if (!(cause instanceof ClientError)) {
      const text = cause instanceof Error ? cause.message : String(cause);
      return this.#error(text, { cause, retryable: true });
    }
    const { code, details } = cause;
    const retryAfterMs = retryInfoMs(trailer?.get("grpc-status-details-bin"));
    return this.#error(`${Status[code]}: ${details}`, {
      cause,
      status: code,
      retryAfterMs,
      // By the OTLP specification, RESOURCE_EXHAUSTED is only retryable with RetryInfo.
      retryable:
        retryableStatuses.has(code) ||
        (code === Status.RESOURCE_EXHAUSTED && retryAfterMs !== undefined),
    });
  }

  #error(text: string, options: ConstructorParameters<typeof OtlpExportError>[1]): OtlpExportError {
    return new OtlpExportError(`cannot export ${this.#kind} to ${this.address}: ${text}`, {
      signal: this.#kind,
      ...options,
    });
  }
}

/** Creates the transport of a signal on a connection. */
export function createGrpcTransport(
  kind: OtlpSignal,
  settings: GrpcSettings,
  connection: Connection,
): Transport {
  return new GrpcTransport(kind, settings, connection);
}
