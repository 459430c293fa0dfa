import { Envelope } from "@loggregator/api";
import { createIngressService } from "./agent/createIngressService.js";
import { type DatagramListener, listenDatagrams } from "./agent/datagramListener.js";
import { listenSyslog, type SyslogServer } from "./drains/syslogServer.js";
import type { EmulatorCore } from "./emulatorCore.js";
import { type Components, combineFaults, type EmulatorFaults } from "./faults/emulatorFaults.js";
import { type Gateway, startGateway } from "./gateway/gateway.js";
import { type GrpcListener, listenGrpc } from "./grpc/grpcListener.js";
import { type LogCacheEndpoints, listenLogCache } from "./log-cache/logCacheEndpoints.js";
import type { Settings } from "./options.js";
import { listenOtlp, type OtlpEndpoints } from "./otlp/runningOtlp.js";
import { createEgressService } from "./rlp/createEgressService.js";
import { createRouterEgress, createRouterIngress } from "./router/routerServices.js";
import type { PreparedTls } from "./tls/emulatorTls.js";
import { RawEgressDefinition, RawIngressDefinition } from "./wire/rawServices.js";

/** The servers of the components. */
export interface Endpoints {
  readonly ingress: GrpcListener;
  readonly egress: GrpcListener;
  readonly router: GrpcListener;
  readonly gateway: Gateway;
  readonly v1: DatagramListener;
  readonly logCache: LogCacheEndpoints;
  readonly otlp: OtlpEndpoints;
  readonly syslog: SyslogServer | undefined;
  close(): Promise<void>;
}

/**
 * Listens at all endpoints, or at none.
 *
 * @throws EmulatorStartError if it cannot listen at an address.
 */
export async function listen(
  core: EmulatorCore,
  settings: Settings,
  tls: PreparedTls,
): Promise<Endpoints> {
  const { agent, rlp, udpForwarder } = core;
  const { stats } = core.observation;
  const open: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(open.map((listener) => listener.close()));
  };
  const opened = <Listener extends { close(): Promise<void> }>(listener: Listener): Listener => {
    open.push(listener);
    return listener;
  };
  try {
    const ingress = opened(
      await listenGrpc({
        ...settings.ingress,
        tls: tls.ingress,
        methods: { "loggregator.v2.Ingress": ["Sender", "BatchSender", "Send"] },
        addServices: (server) =>
          server.add(RawIngressDefinition, createIngressService(agent, stats)),
      }),
    );
    const egress = opened(
      await listenGrpc({
        ...settings.egress,
        tls: tls.egress,
        methods: { "loggregator.v2.Egress": ["Receiver", "BatchedReceiver"] },
        addServices: (server) =>
          server.add(RawEgressDefinition, createEgressService(rlp, settings.egress.bufferSize)),
      }),
    );
    const router = opened(
      await listenGrpc({
        ...settings.router,
        tls: tls.router,
        methods: {
          "loggregator.v2.Ingress": ["Sender", "BatchSender", "Send"],
          "loggregator.v2.Egress": ["Receiver", "BatchedReceiver"],
        },
        addServices(server) {
          const { bufferSize } = settings.egress;
          server.add(RawIngressDefinition, createRouterIngress(core.acceptAtRouter, stats));
          server.add(RawEgressDefinition, createRouterEgress(core.routerStreams, bufferSize));
        },
      }),
    );
    const gateway = opened(
      await startGateway(settings.gateway, { ...settings, tls: tls.gateway, rlp, stats }),
    );
    const v1 = opened(await listenDatagrams(settings.v1.address, udpForwarder.receive));
    const logCache = opened(
      await listenLogCache(core.logCache, {
        tls,
        access: settings.gateway.access,
        logger: settings.logger,
      }),
    );
    const otlp = opened(await listenOtlp(core.otlp, settings.otlp, tls.otlp, settings.logger));
    const { node } = core.logCache;
    const syslog =
      settings.syslog &&
      opened(
        await listenSyslog(
          settings.syslog,
          tls.logCache,
          (envelope) => node.put(envelope, Envelope.encode(envelope).finish()),
          settings.logger,
        ),
      );
    settings.logger.info(
      `ingress at ${ingress.address}, egress at ${egress.address}, gateway at ${gateway.url} and ${gateway.httpsUrl}, v1 at ${v1.address}, log-cache at ${logCache.address}, ${logCache.url} and ${logCache.gatewayUrl}, OTLP at ${otlp.address} and ${otlp.url}`,
    );
    return { ingress, egress, router, gateway, v1, logCache, otlp, syslog, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The faults of all endpoints and components. */
export function faultsOf(core: EmulatorCore, endpoints: Endpoints): Omit<EmulatorFaults, "active"> {
  const { ingress, egress, router, gateway, logCache, otlp } = endpoints;
  return combineFaults(
    {
      ingress: ingress.faults,
      egress: egress.faults,
      gateway: gateway.faults,
      v1: core.udpForwarder,
      logCache: logCache.faults,
      otlp: otlp.faults,
    },
    components(core, endpoints),
    router.faults,
  );
}

/** The components that can be stopped, each with its endpoint. */
function components(
  core: EmulatorCore,
  { ingress, egress, router, gateway }: Endpoints,
): Components {
  const { agent, rlp, link } = core;
  return {
    agent: {
      stop() {
        agent.stop();
        core.restartAgent();
        ingress.stop();
      },
      start() {
        agent.start();
        ingress.start();
      },
    },
    router: {
      stop() {
        link.stop();
        router.stop();
      },
      start() {
        link.start();
        router.start();
      },
    },
    rlp: {
      stop() {
        rlp.stop();
        egress.stopGracefully();
      },
      start() {
        rlp.start();
        egress.start();
      },
    },
    uaa: gateway.uaa,
    cloudController: gateway.cloudController,
  };
}
