import { EgressDefinition, type Envelope, IngressDefinition } from "@loggregator/api";
import { oneOf, positiveInteger, positiveMs, safeLogger } from "@loggregator/core";
import type { Emulator, EmulatorOptions } from "./emulator.js";
import { combineFaults } from "./faults/emulatorFaults.js";
import { prepareGateway } from "./gateway/gateway.js";
import { createEgressService } from "./grpc/egressService.js";
import { EgressStreams } from "./grpc/egressStreams.js";
import { listenGrpc } from "./grpc/grpcListener.js";
import { createIngressService } from "./grpc/ingressService.js";
import type { PingPolicyOptions } from "./grpc/keepalive.js";
import { parseListenAddress } from "./listenAddress.js";
import { Router } from "./router/router.js";
import { sourceIdFromOrigin, withAgentTags } from "./router/tags.js";
import { StatsBoard } from "./stats.js";
import { prepareTls } from "./tls/tls.js";
import { listenDatagrams } from "./v1/datagramListener.js";
import { V1Ingress } from "./v1/v1Ingress.js";

/**
 * Starts a local Loggregator in this process: what comes in through ingress goes out through egress
 * and the gateway.
 *
 * @throws TypeError or RangeError where an option is not of its form
 * @throws EmulatorStartError where it cannot listen at an address
 * @throws the signal's reason where that has aborted
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { onEnvelope, signal } = options;
  const logger = safeLogger(options.logger);
  const realism = oneOf("realism", options.realism ?? "kind", ["kind", "strict"]);
  const bufferSize = options.bufferSize ?? (realism === "kind" ? 250_000 : 10_000);
  const ingressAddress = listenAddress("ingress", options.ingress);
  const egressAddress = listenAddress("egress", options.egress);
  const v1Address = listenAddress("v1", options.v1);
  positiveInteger("bufferSize", bufferSize);
  const egressBuffer = options.egress?.bufferSize ?? bufferSize;
  const gatewayBuffer = options.gateway?.bufferSize ?? bufferSize;
  positiveInteger("egress.bufferSize", egressBuffer);
  positiveInteger("gateway.bufferSize", gatewayBuffer);
  const ingressPings = pingPolicy("ingress", options.ingress?.minPingIntervalMs ?? 300_000, 24);
  const egressPings = pingPolicy("egress", options.egress?.minPingIntervalMs ?? 10_000, 1);
  const agentTags = Object.entries(options.ingress?.tags ?? {});
  const startGateway = prepareGateway(options.gateway ?? {}, logger);
  signal?.throwIfAborted();

  const tls = await prepareTls(options.tls ?? {});
  const stats = new StatsBoard();
  const router = new Router();

  const emit = (envelope: Envelope): void => {
    const named =
      envelope.sourceId === "" ? { ...envelope, sourceId: sourceIdFromOrigin(envelope) } : envelope;
    const accepted = agentTags.length === 0 ? named : withAgentTags(named, agentTags);
    try {
      onEnvelope?.(accepted);
    } catch (error) {
      logger.error(`onEnvelope threw: ${String(error)}`);
    }
    router.route(accepted);
    stats.add("received", 1);
  };

  const open: { close(): Promise<void> }[] = [];
  const closeAll = async () => {
    await Promise.all(open.map((listener) => listener.close()));
    stats.close();
  };
  let closed: Promise<void> | undefined;
  const close = () => {
    signal?.removeEventListener("abort", close);
    closed ??= closeAll();
    return closed;
  };
  const opened = <Listener extends { close(): Promise<void> }>(listener: Listener) => {
    open.push(listener);
    return listener;
  };

  try {
    const ingress = opened(
      await listenGrpc(ingressAddress, tls.ingress, ingressPings, (server) =>
        server.add(IngressDefinition, createIngressService(emit, stats)),
      ),
    );
    const shared = { router, stats, realism, logger: options.logger };
    const egressStreams = new EgressStreams({ ...shared, bufferSize: egressBuffer });
    const egress = opened(
      await listenGrpc(egressAddress, tls.egress, egressPings, (server) =>
        server.add(EgressDefinition, createEgressService(egressStreams)),
      ),
    );
    const gateway = opened(
      await startGateway({
        tls: tls.gateway,
        stats,
        streams: new EgressStreams({ ...shared, bufferSize: gatewayBuffer }),
      }),
    );
    const v1Ingress = new V1Ingress(emit, { tags: options.v1 ?? {}, stats, logger });
    const v1 = opened(await listenDatagrams(v1Address, (datagram) => v1Ingress.receive(datagram)));
    signal?.throwIfAborted();
    signal?.addEventListener("abort", close, { once: true });
    logger.info(
      `ingress at ${ingress.address}, egress at ${egress.address}, gateway at ${gateway.url} and ${gateway.httpsUrl}, v1 at ${v1.address}`,
    );

    const { address, url, httpsAddress, httpsUrl } = gateway;
    return {
      ingress: { address: ingress.address },
      egress: { address: egress.address },
      gateway: { address, url, httpsAddress, httpsUrl },
      v1: { address: v1.address },
      tls: tls.clients,
      faults: combineFaults({
        ingress: ingress.faults,
        egress: egress.faults,
        gateway: gateway.faults,
        v1: v1Ingress,
      }),
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

function listenAddress(name: string, options: { address?: string | undefined } | undefined) {
  return parseListenAddress(`${name}.address`, options?.address ?? "127.0.0.1:0");
}

/** @param idleFactor How many times as long the interval is while no call is open. */
function pingPolicy(name: string, intervalMs: number, idleFactor: number): PingPolicyOptions {
  const minIntervalMs = positiveMs(`${name}.minPingIntervalMs`, intervalMs);
  return { minIntervalMs, minIdleIntervalMs: idleFactor * minIntervalMs };
}
