import { EgressDefinition, type Envelope, IngressDefinition } from "@loggregator/api";
import { createEgressService } from "./egressService.js";
import { EgressStreams } from "./egressStreams.js";
import { type GrpcListener, listenGrpc } from "./grpcListener.js";
import { createIngressService } from "./ingressService.js";
import { parseListenAddress } from "./listenAddress.js";
import { type Logger, silentLogger } from "./logger.js";
import { Router } from "./router.js";
import { type EmulatorStats, StatsBoard } from "./stats.js";
import { sourceIdFromOrigin } from "./tags.js";
import { type EmulatorTls, type EmulatorTlsOptions, prepareTls } from "./tls.js";

export interface ListenOptions {
  /** `host:port`. Default `127.0.0.1:0`: a free port that the system chooses. */
  readonly address?: string | undefined;
}

export interface EmulatorOptions {
  /** The agent's place, gRPC `loggregator.v2.Ingress`. */
  readonly ingress?: ListenOptions | undefined;
  /** The Reverse Log Proxy's place, gRPC `loggregator.v2.Egress`. */
  readonly egress?: ListenOptions | undefined;
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
  /** What clients need to connect to it. */
  readonly tls: EmulatorTls;
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

/**
 * Starts a local Loggregator in this process: what comes in through ingress goes out through egress.
 *
 * @throws TypeError or RangeError where an option is not of its form
 * @throws EmulatorStartError where it cannot listen at an address
 * @throws the signal's reason where that has aborted
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { bufferSize = 10_000, logger = silentLogger, onEnvelope, signal } = options;
  const ingressAddress = parseListenAddress(
    "ingress.address",
    options.ingress?.address ?? "127.0.0.1:0",
  );
  const egressAddress = parseListenAddress(
    "egress.address",
    options.egress?.address ?? "127.0.0.1:0",
  );
  if (!Number.isSafeInteger(bufferSize) || bufferSize < 1) {
    throw new RangeError(`bufferSize: expected a whole number from 1, got ${bufferSize}`);
  }
  signal?.throwIfAborted();

  const tls = await prepareTls(options.tls ?? {});
  const stats = new StatsBoard();
  const router = new Router();
  const egressStreams = new EgressStreams({ router, stats, logger, bufferSize });

  const emit = (envelope: Envelope): void => {
    const accepted =
      envelope.sourceId === "" ? { ...envelope, sourceId: sourceIdFromOrigin(envelope) } : envelope;
    try {
      onEnvelope?.(accepted);
    } catch (error) {
      logger.error(`onEnvelope threw: ${String(error)}`);
    }
    router.route(accepted);
    stats.add("received", 1);
  };

  const listeners: GrpcListener[] = [];
  const closeAll = async () => {
    await Promise.all(listeners.map((listener) => listener.close()));
    stats.close();
  };
  let closed: Promise<void> | undefined;
  const close = () => {
    signal?.removeEventListener("abort", close);
    closed ??= closeAll();
    return closed;
  };

  try {
    const ingress = await listenGrpc(ingressAddress, tls.ingress, (server) =>
      server.add(IngressDefinition, createIngressService(emit, stats)),
    );
    listeners.push(ingress);
    const egress = await listenGrpc(egressAddress, tls.egress, (server) =>
      server.add(EgressDefinition, createEgressService(egressStreams)),
    );
    listeners.push(egress);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", close, { once: true });
    logger.info(`ingress at ${ingress.address}, egress at ${egress.address}`);

    return {
      ingress: { address: ingress.address },
      egress: { address: egress.address },
      tls: tls.clients,
      get stats() {
        return stats.snapshot;
      },
      emit,
      until: (predicate, { signal } = {}) => stats.until(predicate, signal),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
