import type { Envelope } from "@loggregator/api";
import type { EmulatorFaults } from "./faults/emulatorFaults.js";
import type { GatewayOptions, GatewayPlace } from "./gateway/gateway.js";
import type { Logger } from "./logger.js";
import type { EmulatorStats } from "./stats.js";
import type { EmulatorTls, EmulatorTlsOptions } from "./tls/tls.js";
import type { V1Tags } from "./v1/v1Ingress.js";

export interface ListenOptions {
  /** `host:port`. Default `127.0.0.1:0`: a free port that the system chooses. */
  readonly address?: string | undefined;
}

export interface IngressOptions extends ListenOptions {
  /** What the agent adds to envelopes that do not have the tag themselves. Default: none. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export interface EgressOptions extends ListenOptions {
  /** How many envelopes may wait for each stream. Default: the emulator's `bufferSize`. */
  readonly bufferSize?: number | undefined;
}

/** Where the agent takes v1 datagrams, and what its UDP forwarder adds to them. */
export interface V1Options extends ListenOptions, V1Tags {}

export interface EmulatorOptions {
  /** The agent's place, gRPC `loggregator.v2.Ingress`. */
  readonly ingress?: IngressOptions | undefined;
  /** The Reverse Log Proxy's place, gRPC `loggregator.v2.Egress`. */
  readonly egress?: EgressOptions | undefined;
  /** The RLP gateway's places, HTTP and HTTPS. */
  readonly gateway?: GatewayOptions | undefined;
  /** The agent's place for v1, UDP. */
  readonly v1?: V1Options | undefined;
  /** Default: a new authority and new certificates, made in memory. */
  readonly tls?: EmulatorTlsOptions | undefined;
  /**
   * How many envelopes may wait for each egress stream; then the oldest are dropped and counted.
   * Default 10,000.
   */
  readonly bufferSize?: number | undefined;
  /** Called with each envelope that came in, before it is routed. What it throws is logged. */
  readonly onEnvelope?: ((envelope: Envelope) => void) | undefined;
  /** Closes the emulator when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
}

/** A running Loggregator. */
export interface Emulator extends AsyncDisposable {
  readonly ingress: { readonly address: string };
  readonly egress: { readonly address: string };
  readonly gateway: GatewayPlace;
  readonly v1: { readonly address: string };
  /** What clients need to connect to it. */
  readonly tls: EmulatorTls;
  /** What goes wrong on demand, at each endpoint or at all. */
  readonly faults: EmulatorFaults;
  /** The counts of this moment. */
  readonly stats: EmulatorStats;
  /** Takes an envelope as if it had come through ingress. */
  emit(envelope: Envelope): void;
  /**
   * Resolves once the stats are as wanted, for example when a reader has subscribed:
   * `await emulator.until(({ egressStreams }) => egressStreams === 1)`.
   *
   * @throws the signal's reason when it aborts
   * @throws EmulatorClosedError when the emulator closes first
   */
  until(
    predicate: (stats: EmulatorStats) => boolean,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  /** Ends all streams and connections and frees the ports. Calling it again is fine. */
  close(): Promise<void>;
}
