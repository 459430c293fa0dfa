import { decodeEnvelopeBatch, type Envelope } from "@loggregator/api";
import { GrpcTestServer, type GrpcTestServerOptions, type TestCall } from "@loggregator/testing";
import { Status } from "nice-grpc";

/** Called with each envelope, and with the batch that it arrived in. */
type OnEnvelope = (envelope: Envelope, batch: readonly Envelope[]) => void;

/** Starts a server below the gRPC libraries, which can misbehave. Calls are numbered from 0. */
export function startIngressServer(
  tls: GrpcTestServerOptions["tls"],
  onCall: (call: IngressCall, number: number) => void,
  options: Partial<GrpcTestServerOptions> = {},
): Promise<GrpcTestServer> {
  return GrpcTestServer.start({
    ...options,
    tls,
    onCall: (call, number) => onCall(new IngressCall(call), number),
  });
}

/** A call of the ingress service. Nothing of it is read until `read()` or `serve()`. */
export class IngressCall {
  readonly path: string;
  readonly stream: TestCall["stream"];
  readonly #call: TestCall;

  constructor(call: TestCall) {
    this.#call = call;
    this.path = call.path;
    this.stream = call.stream;
  }

  /** Reads the envelopes. Resolves when the client has half-closed, or the call is closed. */
  read(onEnvelope: OnEnvelope = () => {}): Promise<void> {
    return this.#call.read((bytes) => {
      const { batch } = decodeEnvelopeBatch(bytes);
      for (const envelope of batch) {
        onEnvelope(envelope, batch);
      }
    });
  }

  /** Ends the call with a status. */
  end(status: Status | string, message?: string): void {
    this.#call.end(status, message);
  }

  /** Ends the call with OK and an empty response. */
  acknowledge(): void {
    this.#call.acknowledge();
  }

  /** Does what a real agent does. */
  async serve(onEnvelope?: OnEnvelope): Promise<void> {
    await this.read(onEnvelope);
    if (this.path.endsWith("/Send")) {
      this.acknowledge();
    } else {
      this.end(Status.UNKNOWN, "EOF");
    }
  }
}
