import type { Envelope } from "@loggregator/api";
import { objectArgument, onAbort } from "@loggregator/core";
import { Agent } from "./agent/agent.js";
import { AgentPath } from "./agent/agentPath.js";
import { type DatagramListener, listenDatagrams } from "./agent/datagramListener.js";
import { createIngressService } from "./agent/ingressService.js";
import { UdpForwarder } from "./agent/udpForwarder.js";
import type { Emulator, EmulatorOptions } from "./emulator.js";
import { EnvelopeCallback } from "./envelopeCallback.js";
import { EnvelopeRecord } from "./envelopeRecord.js";
import { type Components, combineFaults, type EmulatorFaults } from "./faults/emulatorFaults.js";
import { type Gateway, startGateway } from "./gateway/gateway.js";
import { type GrpcListener, listenGrpc } from "./grpc/grpcListener.js";
import { readOptions, type Settings } from "./options.js";
import { BufferBudget } from "./rlp/bufferBudget.js";
import { createEgressService } from "./rlp/egressService.js";
import { Rlp } from "./rlp/rlp.js";
import { Router } from "./router/router.js";
import { RouterLink } from "./router/routerLink.js";
import { createRouterEgress, createRouterIngress } from "./router/routerServices.js";
import { StatsBoard } from "./stats.js";
import { type PreparedTls, prepareTls } from "./tls/tls.js";
import { WaitingRoom } from "./waitingRoom.js";
import { type EncodedEnvelope, encodeEnvelope } from "./wire/encodedEnvelope.js";
import { RawEgressDefinition, RawIngressDefinition } from "./wire/rawServices.js";

/** The memory that the envelopes in all readers' buffers may occupy. */
const bufferBytes = 160 * 1024 * 1024;

/**
 * Starts a local Loggregator in this process: what comes in through ingress goes out through egress
 * and the gateway.
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
  const core = new EmulatorCore(settings, options);
  let endpoints: Endpoints | undefined;
  try {
    endpoints = await listen(core, settings, tls);
    signal?.throwIfAborted();
  } catch (error) {
    await endpoints?.close();
    core.close();
    throw error;
  }
  return new RunningEmulator(core, endpoints, tls, signal);
}

/** The components, without the endpoints that serve them. */
class EmulatorCore {
  readonly waiting = new WaitingRoom();
  readonly stats = new StatsBoard(this.waiting);
  readonly record = new EnvelopeRecord(this.waiting, this.stats);
  readonly callback: EnvelopeCallback | undefined;
  readonly agent: Agent;
  readonly udpForwarder: UdpForwarder;
  readonly link: RouterLink;
  readonly rlp: Rlp;
  readonly routerStreams: Rlp;
  readonly #router = new Router();
  readonly #path: AgentPath<Routed> | undefined;

  constructor(settings: Settings, { onEnvelope, logger }: EmulatorOptions) {
    const { realism } = settings;
    const { stats } = this;
    const onDropped = (count: number) => stats.add("dropped", count);
    if (onEnvelope !== undefined) {
      this.callback = new EnvelopeCallback(onEnvelope, settings.logger, (error) =>
        this.waiting.fail(error),
      );
    }
    this.link = new RouterLink(realism);
    const budget = new BufferBudget(bufferBytes);
    const shared = { router: this.#router, stats, logger, realism, budget };
    this.rlp = new Rlp({ ...shared, link: this.link });
    this.routerStreams = new Rlp(shared);
    if (realism === "strict") {
      this.#path = new AgentPath<Routed>(
        ({ envelope, encoded }, time) => this.#route(envelope, encoded, time),
        (count) => {
          settings.logger.warn(`a batch of ${count} envelopes is lost: it is larger than 10 MiB`);
          onDropped(count);
        },
      );
    }
    this.agent = new Agent({
      tags: settings.ingress.tags,
      forward: (envelope, encoded) => this.#received(envelope, encoded),
      onDropped,
    });
    this.udpForwarder = new UdpForwarder(this.agent.accept, {
      ...settings,
      tags: settings.v1.tags,
      stats,
    });
  }

  /** Takes an envelope at the router, past the agent. */
  readonly acceptAtRouter = (envelope: Envelope, bytes?: Uint8Array): void => {
    const encoded = encodeEnvelope(envelope, bytes);
    this.callback?.call(envelope);
    this.record.add(envelope, encoded.bytes.length);
    this.#route(envelope, encoded, performance.now());
    this.stats.add("received", 1);
  };

  /** Loses what is on its way from the agent to the router. */
  clearPath(): void {
    this.stats.add("dropped", this.#path?.clear() ?? 0);
  }

  close(): void {
    this.#path?.clear();
    this.udpForwarder.close();
    this.waiting.close();
  }

  #received(envelope: Envelope, encoded: EncodedEnvelope): void {
    this.callback?.call(envelope);
    this.record.add(envelope, encoded.bytes.length);
    if (this.#path !== undefined) {
      this.#path.add({ envelope, encoded });
    } else {
      this.#route(envelope, encoded, 0);
    }
    this.stats.add("received", 1);
  }

  #route(envelope: Envelope, encoded: EncodedEnvelope, time: number): void {
    if (this.link.isRunning) {
      this.#router.route(envelope, encoded, time);
    } else {
      this.stats.add("dropped", 1);
    }
  }
}

interface Routed {
  readonly envelope: Envelope;
  readonly encoded: EncodedEnvelope;
}

interface Endpoints {
  readonly ingress: GrpcListener;
  readonly egress: GrpcListener;
  readonly router: GrpcListener;
  readonly gateway: Gateway;
  readonly v1: DatagramListener;
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
    settings.logger.info(
      `ingress at ${ingress.address}, egress at ${egress.address}, gateway at ${gateway.url} and ${gateway.httpsUrl}, v1 at ${v1.address}`,
    );
    return { ingress, egress, router, gateway, v1, close };
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
    const { address, url, httpsAddress, httpsUrl } = gateway;
    this.#core = core;
    this.#endpoints = endpoints;
    this.ingress = { address: ingress.address };
    this.egress = { address: egress.address };
    this.router = { address: router.address };
    this.gateway = { address, url, httpsAddress, httpsUrl };
    this.v1 = { address: v1.address };
    this.tls = tls.clients;
    this.faults = combineFaults(
      {
        ingress: ingress.faults,
        egress: egress.faults,
        gateway: gateway.faults,
        v1: core.udpForwarder,
      },
      components(core, endpoints),
      router.faults,
    );
    // Bound, so that it can be passed as a callback.
    this.emit = (envelope) => {
      objectArgument("envelope", envelope);
      core.agent.accept(envelope);
    };
    // `close` reports the error to whoever calls it.
    this.#unlink = onAbort(signal, () => void this.#close().catch(() => {}));
  }

  get stats(): Emulator["stats"] {
    return this.#core.stats.snapshot;
  }

  envelopes(): Envelope[] {
    return this.#core.record.envelopes();
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
        core.clearPath();
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
