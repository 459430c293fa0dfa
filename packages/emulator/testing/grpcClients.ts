import { ChannelCredentials } from "@grpc/grpc-js";
import {
  type EgressBatchRequest,
  EgressDefinition,
  type Envelope,
  IngressDefinition,
} from "@loggregator/api";
import { type Channel, type Client, createChannel, createClient } from "nice-grpc";
import type { ClientTls, Emulator } from "../src/index.js";

/** Plain gRPC clients of one emulator, closed with `close` or `await using`. */
export class GrpcClients implements AsyncDisposable {
  readonly ingress: Client<IngressDefinition>;
  readonly egress: Client<EgressDefinition>;
  readonly #channels: Channel[];
  readonly #readers: Reader[] = [];

  constructor(emulator: Pick<Emulator, "ingress" | "egress" | "tls">) {
    const ingress = openChannel(emulator.ingress.address, emulator.tls.ingress);
    const egress = openChannel(emulator.egress.address, emulator.tls.egress);
    this.#channels = [ingress, egress];
    this.ingress = createClient(IngressDefinition, ingress);
    this.egress = createClient(EgressDefinition, egress);
  }

  /** Reads batches in the background. */
  read(request: Partial<EgressBatchRequest>): Reader {
    const reader = new Reader((signal) => this.egress.batchedReceiver(request, { signal }));
    this.#readers.push(reader);
    return reader;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.stop()));
    for (const channel of this.#channels) {
      channel.close();
    }
  }
}

export function openChannel(address: string, tls: Partial<ClientTls>): Channel {
  const buffer = (pem: string | undefined) => (pem === undefined ? null : Buffer.from(pem));
  return createChannel(
    address,
    ChannelCredentials.createSsl(buffer(tls.ca), buffer(tls.key), buffer(tls.cert)),
    {
      ...(tls.serverName !== undefined && {
        "grpc.ssl_target_name_override": tls.serverName,
      }),
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_receive_message_length": -1,
    },
  );
}

/** Collects the envelopes of a stream of batches. */
export class Reader {
  readonly envelopes: Envelope[] = [];
  readonly batchSizes: number[] = [];
  /** Resolves to the error that ended it, or to undefined. */
  readonly ended: Promise<unknown>;
  readonly #abort = new AbortController();
  #wake: () => void = () => {};

  constructor(open: (signal: AbortSignal) => AsyncIterable<{ batch: Envelope[] }>) {
    this.ended = this.#run(open(this.#abort.signal)).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  /** Resolves when at least `count` envelopes have arrived. */
  async received(count: number): Promise<Envelope[]> {
    while (this.envelopes.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.envelopes;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  async #run(batches: AsyncIterable<{ batch: Envelope[] }>): Promise<void> {
    for await (const { batch } of batches) {
      this.envelopes.push(...batch);
      this.batchSizes.push(batch.length);
      this.#wake();
    }
  }
}
