import { createServer } from "node:http";
import type { Logger } from "@loggregator/core";
import { type GrpcListener, listenGrpc } from "../grpc/grpcListener.js";
import type { WaitOptions } from "../observation/pendingWaits.js";
import type { ServerTls } from "../tls/emulatorTls.js";
import { createOtlpHandler } from "./createOtlpHandler.js";
import { type OtlpFaults, otlpFaults } from "./otlpFaults.js";
import type { OtlpItem, OtlpLog, OtlpMetric, OtlpSpan } from "./otlpItems.js";
import type { OtlpPlace, OtlpSettings } from "./otlpOptions.js";
import type { OtlpReceiver } from "./otlpReceiver.js";
import { addOtlpServices, otlpMethods } from "./otlpServices.js";

/** The OTLP receiver: the addresses of its endpoints, and the items that arrived. */
export interface EmulatedOtlp extends OtlpPlace {
  /**
   * The received log records, oldest first. At most the latest 10,000 items of all signals, or 16 MiB,
   * are kept.
   */
  readonly logs: readonly OtlpLog[];
  /** The received data points, oldest first, with the limit of `logs`. */
  readonly metrics: readonly OtlpMetric[];
  /** The received spans, oldest first, with the limit of `logs`. */
  readonly spans: readonly OtlpSpan[];
  /**
   * Resolves to the oldest item that the guard accepts and that `next` has not returned yet, or waits
   * for one: `const log = await emulator.otlp.next(isOtlpLog, { timeoutMs: 1000 })`.
   *
   * @throws EmulatorTimeoutError after `timeoutMs`; the signal's reason when it aborts.
   * @throws EmulatorClosedError when the emulator closes first.
   */
  next<Item extends OtlpItem>(
    guard: (item: OtlpItem) => item is Item,
    options?: WaitOptions,
  ): Promise<Item>;
  /** Same, for a guard that does not narrow the type. */
  next(guard: (item: OtlpItem) => boolean, options?: WaitOptions): Promise<OtlpItem>;
  /** Removes all items. */
  clear(): void;
}

export interface OtlpEndpoints extends OtlpPlace {
  readonly faults: OtlpFaults;
  close(): Promise<void>;
}

/** The defaults of a gRPC server in Go. */
const pings = { minIntervalMs: 300_000, minIdleIntervalMs: 7_200_000 };
/** The default of a collector. */
const maxMessageBytes = 4 * 1024 * 1024;

/**
 * Listens for gRPC with mutual TLS, and for HTTP/1.1 and gRPC without TLS.
 *
 * @throws EmulatorStartError if it cannot listen at one of the addresses.
 */
export async function listenOtlp(
  receiver: OtlpReceiver,
  settings: OtlpSettings,
  tls: ServerTls,
  logger: Logger,
): Promise<OtlpEndpoints> {
  let plain: GrpcListener | undefined;
  // It does not listen: connections are passed to it.
  const http = createServer(
    createOtlpHandler({ ...settings, receiver, logger, faults: () => plain?.faults }),
  );
  const shared = {
    pings,
    maxMessageBytes,
    acceptsGzip: true,
    methods: otlpMethods,
    addServices: (server: Parameters<typeof addOtlpServices>[0]) =>
      addOtlpServices(server, receiver),
  };
  const grpc = await listenGrpc({ ...shared, address: settings.grpc, tls });
  try {
    plain = await listenGrpc({
      ...shared,
      address: settings.http,
      onHttp1: (socket) => http.emit("connection", socket),
    });
  } catch (error) {
    await grpc.close();
    throw error;
  }
  const { address: httpAddress } = plain;
  const listeners = [grpc, plain];
  return {
    address: grpc.address,
    httpAddress,
    url: `http://${httpAddress.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:")}`,
    faults: otlpFaults(receiver.state, listeners),
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

/** The public view of the receiver. Only its addresses are enumerable, so that it can be an option. */
export class RunningOtlp implements EmulatedOtlp {
  readonly address: string;
  readonly httpAddress: string;
  readonly url: string;
  readonly #receiver: OtlpReceiver;

  constructor({ address, httpAddress, url }: OtlpPlace, receiver: OtlpReceiver) {
    this.address = address;
    this.httpAddress = httpAddress;
    this.url = url;
    this.#receiver = receiver;
  }

  get logs(): OtlpLog[] {
    return this.#receiver.logs;
  }

  get metrics(): OtlpMetric[] {
    return this.#receiver.metrics;
  }

  get spans(): OtlpSpan[] {
    return this.#receiver.spans;
  }

  next(...[guard, options]: Parameters<EmulatedOtlp["next"]>): Promise<never> {
    return this.#receiver.next(guard, options) as Promise<never>;
  }

  clear(): void {
    this.#receiver.clear();
  }
}
