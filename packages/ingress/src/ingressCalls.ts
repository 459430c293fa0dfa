import { BatchSenderResponse, IngressDefinition, SendResponse } from "@loggregator/api";
import type { MethodDefinition } from "nice-grpc";
import type { BatchQueue } from "./batchQueue.js";

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
 * The stream, of batches that are bytes already. What goes into it is the queue itself, once for
 * each batch that is to be taken from it: `take` chooses the batch at the moment when the transport
 * writes it, so that what has not been written when the connection breaks is not lost.
 */
export function batchSenderCall(take: (queue: BatchQueue) => Uint8Array) {
  const { batchSender } = IngressDefinition.methods;
  return { batchSender: batchMethod(batchSender, take, BatchSenderResponse.decode) };
}

/** The unary call with a batch that is bytes already. */
export const sendCall = {
  send: batchMethod(
    IngressDefinition.methods.send,
    (bytes: Uint8Array) => bytes,
    SendResponse.decode,
  ),
};

function onlyClient(): never {
  throw new Error("expected a client");
}
