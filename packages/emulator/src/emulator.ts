import type { Envelope } from "@loggregator/api";
import type { Logger } from "@loggregator/core";
import type { EmulatorFaults } from "./faults/emulatorFaults.js";
import type { GatewayOptions, GatewayPlace } from "./gateway/gateway.js";
import type { EmulatorStats } from "./stats.js";
import type { EmulatorTls, EmulatorTlsOptions } from "./tls/tls.js";
import type { V1Tags } from "./v1/v1Ingress.js";

/**
 * How closely the emulator follows a real Loggregator where that loses data: `"kind"` loses nothing
 * that fits into the readers' buffers; `"strict"` buffers 1,000 envelopes for each reader's stream
 * and drops 1,000 at a time, as a real router does.
 */
export type Realism = "kind" | "strict";

export interface ListenOptions {
  /** `host:port`. Default `127.0.0.1:0`: a free port that the system chooses. */
  readonly address?: string | undefined;
}

export interface IngressOptions extends ListenOptions {
  /** What the agent adds to envelopes that do not have the tag themselves. Default: none. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * The shortest interval in milliseconds of a client's keepalive pings while a call is open; while
   * none is, it is 24 times as long. The fourth ping that comes too early closes the connection with
   * `too_many_pings`. Lower it to test a client's pings in a short time.
   *
   * @default 300_000, as the forwarder agent
   */
  readonly minPingIntervalMs?: number | undefined;
}

export interface EgressOptions extends ListenOptions {
  /** How many envelopes may wait for each stream. Default: the emulator's `bufferSize`. */
  readonly bufferSize?: number | undefined;
  /**
   * The shortest interval in milliseconds of a client's keepalive pings, with a call open or
   * without. The fourth that comes too early closes the connection with `too_many_pings`.
   *
   * @default 10_000, as the RLP
   */
  readonly minPingIntervalMs?: number | undefined;
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
   * Whether envelopes are lost where a real Loggregator would lose them.
   *
   * @default "kind"
   */
  readonly realism?: Realism | undefined;
  /**
   * How many envelopes are buffered for each reader's stream. While they are full, new envelopes are
   * dropped and counted.
   *
   * @default 250_000; with `realism: "strict"` 10_000, as the RLP
   */
  readonly bufferSize?: number | undefined;
  /** Called with each envelope that came in, before it is routed. What it throws is logged. */
  readonly onEnvelope?: ((envelope: Envelope) => void) | undefined;
  /** Closes the emulator when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives log messages. Without one, the first loss of envelopes is reported through
   * `process.emitWarning`; `null` disables this.
   */
  readonly logger?: Logger | null | undefined;
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
