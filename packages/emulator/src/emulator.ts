import type { Envelope } from "@loggregator/api";
import type { LifetimeStatus, Logger } from "@loggregator/core";
import type { V1Tags } from "./agent/udpForwarder.js";
import type { EmulatedDrain } from "./drains/drainOptions.js";
import type { DrainsStats } from "./drains/drains.js";
import type { EmulatorFaults } from "./faults/emulatorFaults.js";
import type { GatewayOptions, GatewayPlace } from "./gateway/gateway.js";
import type { LogCacheCrash } from "./log-cache/logCacheNode.js";
import type { LogCacheOptions, LogCachePlace } from "./log-cache/logCacheOptions.js";
import type { WaitOptions } from "./observation/pendingWaits.js";
import type { EmulatorStats } from "./observation/statsBoard.js";
import type { OtlpOptions } from "./otlp/otlpOptions.js";
import type { EmulatedOtlp } from "./otlp/runningOtlp.js";
import type { Recording, RecordOptions } from "./recording/envelopeRecorder.js";
import type { ReplayOptions, ReplayResult } from "./recording/replay.js";
import type { RestApiOptions } from "./rest/restApiOptions.js";
import type { ScenarioOptions } from "./scenario/scenarioOptions.js";
import type { EmulatorTls, EmulatorTlsOptions } from "./tls/emulatorTls.js";

/**
 * Whether data is lost and delayed where a real Loggregator loses or delays it: with `"kind"` it is
 * not, as long as envelopes fit into the readers' buffers; with `"strict"` it is.
 */
export type Realism = "kind" | "strict";

/** Options of an endpoint. */
export interface ListenOptions {
  /**
   * `host:port` to listen on.
   *
   * @default "127.0.0.1:0", a free port
   */
  readonly address?: string | undefined;
}

/** Options of the agent. */
export interface IngressOptions extends ListenOptions {
  /**
   * Tags that the agent adds to envelopes that do not have them.
   *
   * @default {}
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * The minimum interval of a client's keepalive pings while a call is open, in milliseconds;
   * without an open call, it is 24 times as long. The third ping that comes too early closes the
   * connection with `too_many_pings`. Lower it to test a client's pings in a short time.
   *
   * @default 300_000, as in the forwarder agent
   */
  readonly minPingIntervalMs?: number | undefined;
}

/** Options of the Reverse Log Proxy. */
export interface EgressOptions extends ListenOptions {
  /**
   * The number of envelopes that are buffered for each stream. Lower it to test a slow reader with
   * few envelopes.
   *
   * @default the emulator's `bufferSize`
   */
  readonly bufferSize?: number | undefined;
  /**
   * The minimum interval of a client's keepalive pings, in milliseconds, with or without an open
   * call. The third that comes too early closes the connection with `too_many_pings`. Lower it to
   * test a client's pings in a short time.
   *
   * @default 10_000, as in the RLP
   */
  readonly minPingIntervalMs?: number | undefined;
}

/** The address at which the agent receives v1 datagrams, and the tags that its UDP forwarder adds. */
export interface V1Options extends ListenOptions, V1Tags {}

/** Options of `startEmulator`. */
export interface EmulatorOptions {
  /**
   * The agent: gRPC `loggregator.v2.Ingress`.
   *
   * @default a free port of 127.0.0.1
   */
  readonly ingress?: IngressOptions | undefined;
  /**
   * The Reverse Log Proxy: gRPC `loggregator.v2.Egress`.
   *
   * @default a free port of 127.0.0.1
   */
  readonly egress?: EgressOptions | undefined;
  /**
   * The router: gRPC `loggregator.v2.Ingress` and `loggregator.v2.Egress`.
   *
   * @default a free port of 127.0.0.1
   */
  readonly router?: ListenOptions | undefined;
  /**
   * The RLP gateway: HTTP and HTTPS.
   *
   * @default free ports of 127.0.0.1
   */
  readonly gateway?: GatewayOptions | undefined;
  /**
   * The agent's UDP forwarder: v1.
   *
   * @default a free port of 127.0.0.1
   */
  readonly v1?: V1Options | undefined;
  /**
   * Log-cache: gRPC, its gateway, and its auth proxy.
   *
   * @default free ports of 127.0.0.1
   */
  readonly logCache?: LogCacheOptions | undefined;
  /**
   * The OTLP receiver: gRPC and HTTP.
   *
   * @default free ports of 127.0.0.1
   */
  readonly otlp?: OtlpOptions | undefined;
  /**
   * Drains to which the syslog agent sends the agent's envelopes. They can be changed at any time:
   * see `drains.set` of the emulator.
   *
   * @default []
   */
  readonly drains?: readonly EmulatedDrain[] | undefined;
  /**
   * The syslog server of log-cache, for `syslog-tls` drains with the certificates of
   * `tls.logCache`. Its envelopes are stored in log-cache only, with the changes that a real one
   * makes.
   *
   * @default none
   */
  readonly syslog?: ListenOptions | undefined;
  /**
   * The REST API for tests in any language: `/envelopes`, `/faults`, `/stats`, `/reset` and
   * `/health`.
   *
   * @default none
   */
  readonly api?: RestApiOptions | undefined;
  /**
   * Records the envelopes that leave the agent in a file, for `replay` of an emulator. A slow disk
   * slows down senders. If the file cannot be written, the recording ends, and `until()`, `next()`
   * and `close()` reject with a `RecordingError`.
   *
   * @default none
   */
  readonly record?: RecordOptions | undefined;
  /**
   * Emits the traffic of a realistic platform until the emulator is closed: see
   * `scenarioEnvelopes`. `scenario: {}` emits 50 envelopes per second, from 8 apps.
   *
   * @default none
   */
  readonly scenario?: ScenarioOptions | undefined;
  /**
   * Certificates.
   *
   * @default a new authority and new certificates, kept in memory
   */
  readonly tls?: EmulatorTlsOptions | undefined;
  /**
   * Whether envelopes are lost and delayed as in a real Loggregator. Choose `"strict"` to test how
   * a program handles losses.
   *
   * @default "kind"
   */
  readonly realism?: Realism | undefined;
  /**
   * The number of envelopes that are buffered for each reader's stream. While a buffer is full, new
   * envelopes are dropped and counted. All streams together buffer at most 160 MiB. Lower it to
   * test slow readers with few envelopes.
   *
   * @default 250_000; with `realism: "strict"` 10_000, as in the RLP
   */
  readonly bufferSize?: number | undefined;
  /**
   * Called with each envelope that leaves the agent. If it throws, or returns a promise that
   * rejects, `until()`, `next()` and `close()` reject with that error.
   *
   * @default none
   */
  readonly onEnvelope?: ((envelope: Envelope) => unknown) | undefined;
  /**
   * Closes the emulator when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives log messages.
   *
   * @default the first loss of envelopes and the outages of drains are reported through
   * `process.emitWarning`; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
}

/** The addresses of log-cache, and its crashes. */
export interface EmulatedLogCache extends LogCachePlace {
  /** The latest requests, up to 100, that would have crashed a real node. */
  readonly crashes: readonly LogCacheCrash[];
}

/** The drains of the syslog agent. */
export interface EmulatedDrains {
  /** The total counts of all drains, in envelopes. */
  readonly stats: DrainsStats;
  /**
   * Replaces the drains. Drains in both lists continue; removed ones send their queued envelopes.
   *
   * @throws OptionTypeError for an invalid drain.
   */
  set(drains: readonly EmulatedDrain[]): Promise<void>;
}

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  readonly ingress: { readonly address: string };
  readonly egress: { readonly address: string };
  /** The router, to which agents send and from which RLPs read. Few clients need it. */
  readonly router: { readonly address: string };
  readonly gateway: GatewayPlace;
  readonly v1: { readonly address: string };
  readonly logCache: EmulatedLogCache;
  /** The OTLP receiver, and the data that it received. */
  readonly otlp: EmulatedOtlp;
  /** The syslog agent's drains. */
  readonly drains: EmulatedDrains;
  /** The syslog server of log-cache; undefined unless the option `syslog` is set. */
  readonly syslog: { readonly address: string } | undefined;
  /** The REST API; undefined unless the option `api` is set. */
  readonly api: { readonly address: string; readonly url: string } | undefined;
  /** The recording; undefined unless the option `record` is set. */
  readonly recording: Recording | undefined;
  /** The certificates that clients need to connect. */
  readonly tls: EmulatorTls;
  /** Makes endpoints and components fail on demand. */
  readonly faults: EmulatorFaults;
  /** The current counts. */
  readonly stats: EmulatorStats;
  /** Yields `open`, `closing` after `close()`, and `closed`, the last one. */
  status(): AsyncIterableIterator<LifetimeStatus, undefined>;
  /** Accepts an envelope as if it had been received by ingress. */
  emit(envelope: Envelope): void;
  /**
   * Emits the envelopes of a recording at their recorded intervals. A recording is NDJSON, one
   * envelope per line in the JSON of the gateway, as the option `record` and `loggregator tail
   * --json` write it. The file is read no faster than it is replayed. Intervals of more than an
   * hour are skipped. A last line that is incomplete is ignored and logged.
   *
   * @throws RecordingError if the file cannot be read, or a line is not an envelope.
   * @throws EmulatorClosedError when the emulator closes first; the signal's reason when it aborts.
   */
  replay(path: string, options?: ReplayOptions): Promise<ReplayResult>;
  /**
   * Prepares for the next test: clears all faults, the received envelopes, the counts, the totals of
   * counters and the data of log-cache. Streams stay open.
   */
  reset(): void;
  /**
   * Returns the received envelopes as they left the agent, oldest first. At most the latest 10,000
   * envelopes, or 16 MiB, are kept.
   */
  envelopes(): Envelope[];
  /**
   * Resolves to the oldest of `envelopes()` that the guard accepts and that `next` has not returned
   * yet, or waits for one: `const log = await emulator.next(isLog, { timeoutMs: 1000 })`.
   *
   * @throws EmulatorTimeoutError after `timeoutMs`; the signal's reason when it aborts.
   * @throws EmulatorClosedError when the emulator closes first.
   * @throws The error that `onEnvelope` threw or rejected with.
   */
  next<E extends Envelope>(
    guard: (envelope: Envelope) => envelope is E,
    options?: WaitOptions,
  ): Promise<E>;
  /** Same, for a guard that does not narrow the type. */
  next(guard: (envelope: Envelope) => boolean, options?: WaitOptions): Promise<Envelope>;
  /**
   * Resolves once the predicate holds, for example when a reader has subscribed:
   * `await emulator.until(({ egressStreams }) => egressStreams === 1)`.
   *
   * @throws EmulatorTimeoutError after `timeoutMs`; the signal's reason when it aborts.
   * @throws EmulatorClosedError when the emulator closes first.
   * @throws The error that `onEnvelope` threw or rejected with.
   */
  until(predicate: (stats: EmulatorStats) => boolean, options?: WaitOptions): Promise<void>;
  /**
   * Ends all streams and connections and frees the ports. Further calls return the same promise.
   *
   * @throws The error that `onEnvelope` threw or rejected with, after everything is closed. The end
   * of an `await using` block throws it only if neither `until` nor `next` did.
   */
  close(): Promise<void>;
}
