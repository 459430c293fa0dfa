import type { Envelope } from "@loggregator/api";
import {
  EgressDefinition,
  IngressDefinition,
  type InstantQueryResult,
  type Point as PointMessage,
  PromQLQuerierDefinition,
  type RangeQueryResult,
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
import { LogCacheCallError } from "./logCacheCallError.js";

/** Log-cache's gRPC services. */
export class GrpcTransport implements Transport {
  readonly name: string;
  readonly #timeoutMs: number;
  readonly #egress: Client<EgressDefinition>;
  readonly #ingress: Client<IngressDefinition>;
  readonly #querier: Client<PromQLQuerierDefinition>;
  readonly #release: () => void;

  constructor(options: ConnectionOptions, timeoutMs: number) {
    this.name = options.address;
    this.#timeoutMs = timeoutMs;
    const connection = new Connection(options);
    const factory = createClientFactory().use(connection.middleware);
    this.#egress = factory.create(EgressDefinition, connection.channel);
    this.#ingress = factory.create(IngressDefinition, connection.channel);
    this.#querier = factory.create(PromQLQuerierDefinition, connection.channel);
    this.#release = connection.acquire();
  }

  read(query: ReadQuery, signal: AbortSignal | undefined): Promise<ReadAnswer> {
    const { sourceId, startTime, endTime = 0n, types, descending, nameFilter } = query;
    const what = `read the source ${JSON.stringify(sourceId)}`;
    const limit = BigInt(query.limit);
    const envelopeTypes = [...types];
    const request = { sourceId, startTime, endTime, limit, envelopeTypes, descending, nameFilter };
    return this.#call(what, signal, async (options) => {
      const { envelopes } = await this.#egress.read(request, options);
      return { envelopes: envelopes?.batch ?? [], serverTime: undefined };
    });
  }

  meta(signal: AbortSignal | undefined): Promise<Map<string, SourceMeta>> {
    return this.#call("list the sources", signal, async (options) => {
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
    return this.#call("evaluate the query", signal, async (options) =>
      queryResult(await this.#querier.instantQuery(query, options)),
    );
  }

  rangeQuery(query: RangeQuery, signal: AbortSignal | undefined): Promise<MatrixResult> {
    return this.#call("evaluate the query", signal, async (options) => {
      const result = queryResult(await this.#querier.rangeQuery(query, options));
      return result as MatrixResult;
    });
  }

  send(envelopes: Envelope[], signal: AbortSignal): Promise<void> {
    return this.#call("store envelopes", signal, async (options) => {
      await this.#ingress.send({ envelopes: { batch: envelopes }, localOnly: false }, options);
    });
  }

  isRetryable(error: unknown): error is Error {
    return error instanceof LogCacheError && error.retryable;
  }

  close(): void {
    this.#release();
  }

  async #call<T>(
    what: string,
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
        const message = `cannot ${what} from ${this.name}: ${timeout.message}`;
        throw new LogCacheConnectionError(message, { cause: timeout });
      }
      throw error instanceof ClientError ? new LogCacheCallError(what, this.name, error) : error;
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
