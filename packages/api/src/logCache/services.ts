import { EgressDefinition as GeneratedEgress } from "../gen/logcache/v1/egress.js";
import { IngressDefinition as GeneratedIngress } from "../gen/logcache/v1/ingress.js";
import { PromQLQuerierDefinition as GeneratedPromQLQuerier } from "../gen/logcache/v1/promql.js";
import {
  InstantQueryResult,
  MetaResponse,
  RangeQueryResult,
  ReadResponse,
  SendRequest,
} from "./messages.js";

// The generated services with this package's codec. They omit `fromPartial`, because nice-grpc
// would call it for every message: the generated function copies the whole message and loses keys
// such as __proto__.

const { read, meta } = GeneratedEgress.methods;
const { send } = GeneratedIngress.methods;
const { instantQuery, rangeQuery } = GeneratedPromQLQuerier.methods;

/** The service `logcache.v1.Egress` for nice-grpc's `createClient` and `Server.add`. */
export const EgressDefinition = {
  ...GeneratedEgress,
  methods: {
    read: { ...read, responseType: codec(ReadResponse) },
    meta: { ...meta, responseType: codec(MetaResponse) },
  },
} as const;
/** The type of `EgressDefinition`. */
export type EgressDefinition = typeof EgressDefinition;

/** The service `logcache.v1.Ingress` for nice-grpc's `createClient` and `Server.add`. */
export const IngressDefinition = {
  ...GeneratedIngress,
  methods: { send: { ...send, requestType: codec(SendRequest) } },
} as const;
/** The type of `IngressDefinition`. */
export type IngressDefinition = typeof IngressDefinition;

/** The service `logcache.v1.PromQLQuerier` for nice-grpc's `createClient` and `Server.add`. */
export const PromQLQuerierDefinition = {
  ...GeneratedPromQLQuerier,
  methods: {
    instantQuery: { ...instantQuery, responseType: codec(InstantQueryResult) },
    rangeQuery: { ...rangeQuery, responseType: codec(RangeQueryResult) },
  },
} as const;
/** The type of `PromQLQuerierDefinition`. */
export type PromQLQuerierDefinition = typeof PromQLQuerierDefinition;

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

function codec<T>({ encode, decode }: Codec<T>): Codec<T> {
  return { encode: (message) => encode(message), decode: (bytes) => decode(bytes) };
}
