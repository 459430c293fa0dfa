import type { OtlpRequests } from "../mapping/otlpRequests.js";
import { type Acceptance, type OtlpSignal, otlpSignals } from "./signals.js";
import type { Transport } from "./transport.js";

/** Sends each signal to a server of its own. Signals with the same address share a connection. */
export class SignalTransports implements Transport {
  readonly address: string;
  readonly #transports = new Map<string, Transport>();
  readonly #addresses: Readonly<Record<OtlpSignal, string>>;

  constructor(
    addresses: Readonly<Record<OtlpSignal, string>>,
    open: (address: string) => Transport,
  ) {
    this.#addresses = addresses;
    for (const kind of otlpSignals) {
      const address = addresses[kind];
      if (!this.#transports.has(address)) {
        this.#transports.set(address, open(address));
      }
    }
    this.address = [...this.#transports.keys()].join(", ");
  }

  send(
    kind: OtlpSignal,
    requests: OtlpRequests,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Acceptance> {
    const transport = this.#transports.get(this.#addresses[kind]) as Transport;
    return transport.send(kind, requests, bytes, signal);
  }

  close(): void {
    for (const transport of this.#transports.values()) {
      transport.close();
    }
  }
}
