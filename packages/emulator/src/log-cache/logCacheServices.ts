import { Envelope } from "@loggregator/api";
import {
  EgressDefinition,
  IngressDefinition,
  InstantQueryRequest,
  InstantQueryResult,
  MetaRequest,
  MetaResponse,
  PromQLQuerierDefinition,
  RangeQueryRequest,
  RangeQueryResult,
  ReadRequest,
  SendRequest,
} from "@loggregator/api/log-cache";
import { setOwn } from "@loggregator/core";
import { type Server, ServerError, Status } from "nice-grpc";
import { joinBatch } from "../wire/envelopeBatch.js";
import { bytesCodec } from "../wire/rawServices.js";
import { readMessage } from "../wire/readMessage.js";
import { textFields } from "../wire/textFields.js";
import type { LogCacheNode } from "./logCacheNode.js";
import type { Labels } from "./promql/evaluate/labels.js";
import type { QueryResult } from "./promql/evaluate/queries.js";

const types = { requestType: bytesCodec, responseType: bytesCodec };
const { read, meta } = EgressDefinition.methods;
const { send } = IngressDefinition.methods;
const { instantQuery, rangeQuery } = PromQLQuerierDefinition.methods;

// With messages as bytes: see `RawIngressDefinition`.
const RawEgress = {
  ...EgressDefinition,
  methods: { read: { ...read, ...types }, meta: { ...meta, ...types } },
} as const;
const RawIngress = { ...IngressDefinition, methods: { send: { ...send, ...types } } } as const;
const RawPromQL = {
  ...PromQLQuerierDefinition,
  methods: {
    instantQuery: { ...instantQuery, ...types },
    rangeQuery: { ...rangeQuery, ...types },
  },
} as const;

/** The methods of log-cache's services. */
export const logCacheMethods = {
  "logcache.v1.Egress": ["Read", "Meta"],
  "logcache.v1.Ingress": ["Send"],
  "logcache.v1.PromQLQuerier": ["InstantQuery", "RangeQuery"],
};

/** Adds the services of `logcache.v1`. */
export function addLogCacheServices(server: Server, node: LogCacheNode): void {
  server.add(RawEgress, {
    async read(bytes) {
      const request = readMessage(bytes, ReadRequest.decode, textFields.readRequest, "unary");
      const batch = joinBatch(await node.read(request));
      return joinBatch([batch]);
    },
    async meta(bytes) {
      readMessage(bytes, MetaRequest.decode, {}, "unary");
      const response: MetaResponse = { meta: {} };
      for (const [sourceId, { count, expired, ...timestamps }] of node.meta()) {
        setOwn(response.meta, sourceId, {
          count: BigInt(count),
          expired: BigInt(expired),
          ...timestamps,
        });
      }
      return MetaResponse.encode(response).finish();
    },
  });
  server.add(RawIngress, {
    async send(bytes) {
      const request = readMessage(bytes, SendRequest.decode, textFields.sendRequest, "unary");
      if (request.envelopes === undefined) {
        throw node.crash("Ingress.Send", "the request has no envelopes, not even an empty batch");
      }
      for (const envelope of request.envelopes.batch) {
        node.put(envelope, Envelope.encode(envelope).finish());
      }
      return new Uint8Array();
    },
  });
  server.add(RawPromQL, {
    async instantQuery(bytes) {
      const { query, time } = readMessage(
        bytes,
        InstantQueryRequest.decode,
        textFields.query,
        "unary",
      );
      const result = await known(node.instantQuery(query, time));
      return InstantQueryResult.encode({ result: resultMessage(result) }).finish();
    },
    async rangeQuery(bytes) {
      const request = readMessage(bytes, RangeQueryRequest.decode, textFields.query, "unary");
      const result = resultMessage(await known(node.rangeQuery(request)));
      return RangeQueryResult.encode({
        result: result.$case === "matrix" ? result : undefined,
      }).finish();
    },
  });
}

/** Turns a failure of the emulator into a status with its reason. */
async function known(result: Promise<QueryResult>): Promise<QueryResult> {
  try {
    return await result;
  } catch (error) {
    throw error instanceof ServerError
      ? error
      : new ServerError(Status.INTERNAL, `the emulator failed: ${(error as Error).message}`);
  }
}

function resultMessage(result: QueryResult): NonNullable<InstantQueryResult["result"]> {
  switch (result.type) {
    case "scalar":
      return { $case: "scalar", value: pointMessage(result.point) };
    case "vector": {
      const samples = result.samples.map(({ labels, point }) => ({
        metric: metricMessage(labels),
        point: pointMessage(point),
      }));
      return { $case: "vector", value: { samples } };
    }
    case "matrix": {
      const series = result.series.map(({ labels, points }) => ({
        metric: metricMessage(labels),
        points: points.map(pointMessage),
      }));
      return { $case: "matrix", value: { series } };
    }
  }
}

function pointMessage({ time, value }: { readonly time: number; readonly value: number }) {
  return { time: (time / 1000).toFixed(3), value };
}

function metricMessage(labels: Labels): Record<string, string> {
  const metric: Record<string, string> = {};
  for (const [name, value] of labels) {
    setOwn(metric, name, value);
  }
  return metric;
}
