import { Envelope } from "@loggregator/api";
import { objectArgument, onAbort } from "@loggregator/core";
import { type DatagramListener, listenDatagrams } from "./agent/datagramListener.js";
import { createIngressService } from "./agent/ingressService.js";
import { listenSyslog, type SyslogServer } from "./drains/syslogServer.js";
import type { Emulator, EmulatorOptions } from "./emulator.js";
import { EmulatorCore } from "./emulatorCore.js";
import { type Components, combineFaults, type EmulatorFaults } from "./faults/emulatorFaults.js";
import { type Gateway, startGateway } from "./gateway/gateway.js";
import { type GrpcListener, listenGrpc } from "./grpc/grpcListener.js";
import { type LogCacheEndpoints, listenLogCache } from "./log-cache/logCache.js";
import { readOptions, type Settings } from "./options.js";
import { listenOtlp, type OtlpEndpoints, RunningOtlp } from "./otlp/otlp.js";
import { createEgressService } from "./rlp/egressService.js";
import { createRouterEgress, createRouterIngress } from "./router/routerServices.js";
import { type PreparedTls, prepareTls } from "./tls/tls.js";
import { RawEgressDefinition, RawIngressDefinition } from "./wire/rawServices.js";

/**
 * Starts a local Loggregator in this process: envelopes received by ingress are sent to readers of
 * egress and the gateway.
 *
 * @throws OptionTypeError, OptionRangeError for invalid options.
 * @throws EmulatorStartError if it cannot listen at an address.
 * @throws the signal's reason if that has aborted.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = readOptions(options);
  const { signal } = options;
  signal?.throwIfAborted();
  const tls = await prepareTls(options.tls ?? {});
  const core = new EmulatorCore(settings, options, tls);
  let endpoints: Endpoints | undefined;
  try {
    endpoints = await listen(core, settings, tls);
    await core.drains.set(options.drains ?? []);
    signal?.throwIfAborted();
  } catch (error) {
    await endpoints?.close();
    await core.drains.close();
    core.close();
    throw error;
  }
  return new RunningEmulator(core, endpoints, tls, signal);
}

interface Endpoints {
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

/** Listens at all endpoints, or at none. */
async function listen(
  core: EmulatorCore,
  settings: Settings,
  tls: PreparedTls,
): Promise<Endpoints> {
  const { agent, rlp, stats, udpForwarder } = core;
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

class RunningEmulator implements Emulator {
  readonly ingress: Emulator["ingress"];
  readonly egress: Emulator["egress"];
  readonly router: Emulator["router"];
  readonly gateway: Emulator["gateway"];
  readonly v1: Emulator["v1"];
  readonly logCache: Emulator["logCache"];
  readonly otlp: Emulator["otlp"];
  readonly drains: Emulator["drains"];
  readonly syslog: Emulator["syslog"];
  readonly tls: Emulator["tls"];
  readonly faults: EmulatorFaults;
  readonly emit: Emulator["emit"];
  readonly #core: EmulatorCore;
  readonly #endpoints: Endpoints;
  readonly #unlink: () => void;
  #closed: Promise<void> | undefined;

  constructor(
    core: EmulatorCore,
    endpoints: Endpoints,
    tls: PreparedTls,
    signal: AbortSignal | undefined,
  ) {
    const { ingress, egress, router, gateway, v1 } = endpoints;
    const { faults: logCacheFaults, close: _, ...logCachePlace } = endpoints.logCache;
    const { address, url, httpsAddress, httpsUrl } = gateway;
    this.#core = core;
    this.#endpoints = endpoints;
    this.ingress = { address: ingress.address };
    this.egress = { address: egress.address };
    this.router = { address: router.address };
    this.gateway = { address, url, httpsAddress, httpsUrl };
    this.v1 = { address: v1.address };
    const { node } = core.logCache;
    this.logCache = {
      ...logCachePlace,
      get crashes() {
        return [...node.crashes];
      },
    };
    this.otlp = new RunningOtlp(endpoints.otlp, core.otlp);
    this.drains = core.drains;
    this.syslog = endpoints.syslog && { address: endpoints.syslog.address };
    this.tls = tls.clients;
    this.faults = combineFaults(
      {
        ingress: ingress.faults,
        egress: egress.faults,
        gateway: gateway.faults,
        v1: core.udpForwarder,
        logCache: logCacheFaults,
        otlp: endpoints.otlp.faults,
      },
      components(core, endpoints),
      router.faults,
    );
    // Bound, so that it can be passed as a callback.
    this.emit = (envelope) => {
      objectArgument("envelope", envelope);
      core.agent.accept(envelope);
    };
    // `close` reports the error to its caller.
    this.#unlink = onAbort(signal, () => void this.#close().catch(() => {}));
  }

  get stats(): Emulator["stats"] {
    return this.#core.stats.snapshot;
  }

  envelopes(): Envelope[] {
    return this.#core.record.items();
  }

  next(...[guard, options]: Parameters<Emulator["next"]>): Promise<never> {
    return this.#core.record.next(guard, options) as Promise<never>;
  }

  until(...[predicate, options]: Parameters<Emulator["until"]>): Promise<void> {
    return this.#core.stats.until(predicate, options);
  }

  async close(): Promise<void> {
    await this.#close();
    this.#core.waiting.throwFailure();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    if (!this.#core.waiting.failureReported) {
      this.#core.waiting.throwFailure();
    }
  }

  #close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    this.#unlink();
    await this.#endpoints.close();
    await this.#core.drains.close();
    await this.#core.callback?.settled();
    this.#core.close();
  }
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
