import type { Envelope } from "@loggregator/api";
import {
  EgressDefinition,
  IngressDefinition,
  type InstantQueryResult,
  type Point as PointMessage,
  PromQLQuerierDefinition,
  type RangeQueryResult,
  SendRequest,
} from "@loggregator/api/log-cache";
import { linkedTimeout } from "@loggregator/core";
import { Connection, type ConnectionOptions } from "@loggregator/grpc";
import { type Client, ClientError, createClientFactory } from "nice-grpc";
import type { ReadQuery } from "../client/readOptions.js";
import type { SourceMeta } from "../client/sourceMeta.js";
import { InvalidResponseError, LogCacheConnectionError, LogCacheError } from "../errors.js";
import { pointOf } from "../promql/pointOf.js";
import type { InstantQuery, RangeQuery } from "../promql/queryOptions.js";
import type { MatrixResult, Point, QueryResult } from "../promql/queryResult.js";
import type { ReadAnswer, Transport } from "../transport.js";
import { type Call, LogCacheCallError } from "./logCacheCallError.js";

/** `Ingress` with requests that are already encoded. */
const EncodedIngressDefinition = {
  ...IngressDefinition,
  methods: {
    send: {
      ...IngressDefinition.methods.send,
      requestType: {
        encode: (request: Uint8Array) => ({ finish: () => request }),
        decode: (request: Uint8Array) => request,
      },
    },
  },
} as const;

const readCall = { tooLarge: "set a smaller limit" };
const queryCall: Call = {
  what: "evaluate the query at",
  tooLarge: "query fewer sources or points",
};
const sendCall: Call = { what: "store envelopes at", tooLarge: "send fewer envelopes per call" };

/**
 * Encodes a request to store envelopes.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid envelope.
 */
export function encodeSendRequest(envelopes: readonly Envelope[]): Uint8Array {
  return SendRequest.encode({ envelopes: { batch: [...envelopes] }, localOnly: false }).finish();
}

/** Log-cache's gRPC services. */
export class GrpcTransport implements Transport {
  readonly name: string;
  readonly #timeoutMs: number;
  readonly #egress: Client<EgressDefinition>;
  readonly #ingress: Client<typeof EncodedIngressDefinition>;
  readonly #querier: Client<PromQLQuerierDefinition>;
  readonly #release: () => void;

  constructor(options: ConnectionOptions, timeoutMs: number) {
    this.name = options.address;
    this.#timeoutMs = timeoutMs;
    const connection = new Connection(options);
    const factory = createClientFactory().use(connection.middleware);
    this.#egress = factory.create(EgressDefinition, connection.channel);
    this.#ingress = factory.create(EncodedIngressDefinition, connection.channel);
    this.#querier = factory.create(PromQLQuerierDefinition, connection.channel);
    this.#release = connection.acquire();
  }

  read(query: ReadQuery, signal: AbortSignal | undefined): Promise<ReadAnswer> {
    const { sourceId, startTime, endTime = 0n, types, descending, nameFilter } = query;
    const call = { ...readCall, what: `read the source ${JSON.stringify(sourceId)} from` };
    const limit = BigInt(query.limit);
    const envelopeTypes = [...types];
    const request = { sourceId, startTime, endTime, limit, envelopeTypes, descending, nameFilter };
    return this.#call(call, signal, async (options) => {
      const { envelopes } = await this.#egress.read(request, options);
      return { envelopes: envelopes?.batch ?? [], serverTime: undefined };
    });
  }

  meta(signal: AbortSignal | undefined): Promise<Map<string, SourceMeta>> {
    return this.#call({ ...readCall, what: "list the sources of" }, signal, async (options) => {
      const { meta } = await this.#egress.meta({}, options);
      return new Map(
        Object.entries(meta).map(
          ([sourceId, { count, expired, oldestTimestamp, newestTimestamp }]) => [
            sourceId,
            { count: Number(count), expired: Number(expired), oldestTimestamp, newestTimestamp },
          ],
        ),
      );
    });
  }

  instantQuery(query: InstantQuery, signal: AbortSignal | undefined): Promise<QueryResult> {
    return this.#call(queryCall, signal, async (options) =>
      queryResult(await this.#querier.instantQuery(query, options)),
    );
  }

  rangeQuery(query: RangeQuery, signal: AbortSignal | undefined): Promise<MatrixResult> {
    return this.#call(queryCall, signal, async (options) => {
      const result = queryResult(await this.#querier.rangeQuery(query, options));
      return result as MatrixResult;
    });
  }

  /** @param request The result of `encodeSendRequest`. */
  send(request: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.#call(sendCall, signal, async (options) => {
      await this.#ingress.send(request, options);
    });
  }

  isRetryable(error: unknown): error is Error {
    return error instanceof LogCacheError && error.retryable;
  }

  close(): void {
    this.#release();
  }

  async #call<T>(
    call: Call,
    outer: AbortSignal | undefined,
    run: (options: { readonly signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const timeout = new Error(`no answer within ${this.#timeoutMs} ms`);
    const limit = linkedTimeout(this.#timeoutMs, () => timeout, outer);
    try {
      return await run({ signal: limit.signal });
    } catch (error) {
      outer?.throwIfAborted();
      if (limit.signal.aborted) {
        const message = `cannot ${call.what} ${this.name}: ${timeout.message}`;
        throw new LogCacheConnectionError(message, { cause: timeout });
      }
      throw error instanceof ClientError ? new LogCacheCallError(call, this.name, error) : error;
    } finally {
      limit.abort();
    }
  }
}

/** @throws InvalidResponseError for a result without a value, or with an invalid time. */
function queryResult({ result }: InstantQueryResult | RangeQueryResult): QueryResult {
  try {
    switch (result?.$case) {
      case "scalar":
        return { resultType: "scalar", result: toPoint(result.value) };
      case "vector":
        return {
          resultType: "vector",
          result: result.value.samples.map(({ metric, point }) => ({
            metric,
            point: toPoint(point),
          })),
        };
      case "matrix":
        return {
          resultType: "matrix",
          result: result.value.series.map(({ metric, points }) => ({
            metric,
            points: points.map(toPoint),
          })),
        };
      default:
        throw new SyntaxError("the answer has no result");
    }
  } catch (cause) {
    throw new InvalidResponseError(`cannot evaluate the query: ${String(cause)}`, { cause });
  }
}

function toPoint(point: PointMessage | undefined): Point {
  return pointOf(point?.time ?? "", point?.value ?? 0);
}
