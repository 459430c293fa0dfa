export {
  type DeepPartial,
  EnvelopeType,
  type MessageFns,
  MetaInfo,
  MetaRequest,
  ReadRequest,
} from "./gen/logcache/v1/egress.js";
export { SendResponse } from "./gen/logcache/v1/ingress.js";
export {
  PromQL_InstantQueryRequest as InstantQueryRequest,
  PromQL_Point as Point,
  PromQL_RangeQueryRequest as RangeQueryRequest,
  PromQL_Scalar as Scalar,
} from "./gen/logcache/v1/promql.js";
export {
  InstantQueryResult,
  Matrix,
  MetaResponse,
  RangeQueryResult,
  ReadResponse,
  Sample,
  SendRequest,
  Series,
  Vector,
} from "./logCache/messages.js";
export {
  EgressDefinition,
  IngressDefinition,
  PromQLQuerierDefinition,
} from "./logCache/services.js";
