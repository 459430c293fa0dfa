import { BatchSenderResponse, IngressDefinition, SendResponse } from "@loggregator/api";
import type { MethodDefinition } from "nice-grpc";

const noBytes = new Uint8Array();

/** A method of `loggregator.v2.Ingress` with requests that are serialized when they are written. */
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

/** The stream of batches. The bytes of its messages are supplied by the call option `messages`. */
export const batchSenderCall = {
  batchSender: batchMethod(
    IngressDefinition.methods.batchSender,
    (_request: object) => noBytes,
    BatchSenderResponse.decode,
  ),
};

/** The unary call with the bytes of a batch. */
export const sendCall = {
  send: batchMethod(
    IngressDefinition.methods.send,
    ({ bytes }: { readonly bytes: Uint8Array }) => bytes,
    SendResponse.decode,
  ),
};

function onlyClient(): never {
  throw new Error("this method definition is for clients only");
}
