import { once } from "node:events";
import { ChannelCredentials, Client } from "@grpc/grpc-js";
import type { ClientTls, Emulator } from "../src/index.js";

const bytes = (message: Uint8Array) => Buffer.from(message);

/** gRPC without a protobuf library: messages are bytes. */
export class RawGrpc implements Disposable {
  readonly #ingress: Client;
  readonly #egress: Client;

  constructor({ ingress, egress, tls }: Emulator) {
    this.#ingress = open(ingress.address, tls.ingress);
    this.#egress = open(egress.address, tls.egress);
  }

  /** Calls Send with an EnvelopeBatch. */
  async send(batch: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#ingress.makeUnaryRequest<Uint8Array, Uint8Array>(
        "/loggregator.v2.Ingress/Send",
        bytes,
        bytes,
        batch,
        (error, response) => (error ? reject(error) : resolve(response ?? new Uint8Array())),
      );
    });
  }

  /** Streams one message, half-closes, and resolves to the error that the call ends with. */
  async stream(method: "Sender" | "BatchSender", message: Uint8Array): Promise<Error | null> {
    return new Promise((resolve) => {
      const call = this.#ingress.makeClientStreamRequest<Uint8Array, Uint8Array>(
        `/loggregator.v2.Ingress/${method}`,
        bytes,
        bytes,
        resolve,
      );
      call.write(message);
      call.end();
    });
  }

  /** Opens a stream; the function that it resolves to waits for its first message and ends it. */
  async read(
    emulator: Emulator,
    method: "Receiver" | "BatchedReceiver",
    request: Uint8Array,
  ): Promise<() => Promise<Uint8Array>> {
    const { egressStreams } = emulator.stats;
    const call = this.#egress.makeServerStreamRequest<Uint8Array, Uint8Array>(
      `/loggregator.v2.Egress/${method}`,
      bytes,
      bytes,
      request,
    );
    call.on("error", () => {});
    const first = once(call, "data");
    // It is not awaited if the test has failed.
    first.catch(() => {});
    await emulator.until((stats) => stats.egressStreams === egressStreams + 1);
    return async () => {
      const [message] = await first;
      const { egressStreams } = emulator.stats;
      call.cancel();
      await emulator.until((stats) => stats.egressStreams === egressStreams - 1);
      return message;
    };
  }

  [Symbol.dispose](): void {
    this.#ingress.close();
    this.#egress.close();
  }
}

function open(address: string, { ca, cert, key, serverName }: ClientTls): Client {
  const credentials = ChannelCredentials.createSsl(
    Buffer.from(ca),
    Buffer.from(key),
    Buffer.from(cert),
  );
  return new Client(address, credentials, {
    "grpc.ssl_target_name_override": serverName,
    "grpc.use_local_subchannel_pool": 1,
  });
}
