import { createCertificates } from "@loggregator/testing/certificates";
import * as niceGrpc from "nice-grpc";
import { Connection, type ConnectionOptions } from "../src/index.js";
import {
  framed,
  isRequestEnd,
  type RawConnection,
  type RawHttp2Server,
  startRawHttp2Server,
} from "./rawHttp2Server.js";

/** Created once per test file. */
export const certificates = await createCertificates();

const bytes = (value: Uint8Array) => value;

function method<Streams extends boolean, Response extends boolean>(
  path: string,
  requestStream: Streams,
  responseStream: Response,
) {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
    options: {},
  } as const;
}

/** The service `test`, whose messages are bytes. */
export const definition = {
  unary: method("/test/Unary", false, false),
  read: method("/test/Read", false, true),
  write: method("/test/Write", true, false),
};

/** A client of the service `test`, and its connection, which is open until the result is disposed. */
export function clientOf(
  server: RawHttp2Server,
  options: Partial<ConnectionOptions> = {},
  { createClientFactory }: Pick<typeof niceGrpc, "createClientFactory"> = niceGrpc,
) {
  const connection = new Connection({
    address: server.address,
    tls: certificates.client,
    serverName: "metron",
    ...options,
  });
  const client = createClientFactory()
    .use(connection.middleware)
    .create(definition, connection.channel);
  const release = connection.acquire();
  return { connection, client, [Symbol.dispose]: release };
}

/** Answers each call as `respond` does, once its request is complete. */
export function answering(
  respond: (connection: RawConnection, streamId: number, index: number) => void,
  settings = {},
): Promise<RawHttp2Server> {
  return startRawHttp2Server(
    certificates.server,
    (connection, index) =>
      connection.onFrame((frame) => {
        if (isRequestEnd(frame)) {
          respond(connection, frame.streamId, index);
        }
      }),
    settings,
  );
}

export const request = Buffer.from("request");

export const ok = { "grpc-status": "0" };

/** Sends a response with these trailers; one message by default. */
export function respond(
  connection: RawConnection,
  id: number,
  trailers: Readonly<Record<string, string>>,
  body: readonly Buffer[] = [framed(request)],
): void {
  connection.sendResponse(id);
  for (const part of body) {
    connection.sendData(id, part);
  }
  connection.sendTrailers(id, trailers);
}
