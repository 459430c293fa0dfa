import { BatchSenderResponse, IngressDefinition, SendResponse } from "@loggregator/api";
import type { MethodDefinition } from "nice-grpc";
import type { Batch } from "./batchQueue.js";

/** A method of `loggregator.v2.Ingress` whose requests are `Request`s, made into bytes when the transport takes them. */
function batchMethod<Request, Response, Stream extends boolean>(
  method: { name: string; requestStream: Stream },
  requestSerialize: (request: Request) => Uint8Array,
  responseDeserialize: (bytes: Uint8Array) => Response,
): MethodDefinition<Request, never, never, Response, Stream, false> {
  return {
    path: `/${IngressDefinition.fullName}/${method.name}`,
    requestStream: method.requestStream,
    responseStream: false,
    requestSerialize,
    responseDeserialize,
    requestDeserialize: onlyClient,
    responseSerialize: onlyClient,
    options: {},
  };
}

/**
 * The calls with batches that are bytes already. `take` is called at the moment when the transport
 * takes a batch: what it has not taken when the connection breaks is not lost with it.
 */
export function ingressCalls(take: (batch: Batch) => Uint8Array = ({ bytes }) => bytes) {
  const { batchSender, send } = IngressDefinition.methods;
  return {
    batchSender: batchMethod(batchSender, take, BatchSenderResponse.decode),
    send: batchMethod(send, (bytes: Uint8Array) => bytes, SendResponse.decode),
  };
}

function onlyClient(): never {
  throw new Error("expected a client");
}
