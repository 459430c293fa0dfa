import type { Envelope } from "@loggregator/api";
import { Agent } from "./agent/agent.js";
import { AgentPath } from "./agent/agentPath.js";
import { UdpForwarder } from "./agent/udpForwarder.js";
import { Drains } from "./drains/drains.js";
import type { EmulatorOptions } from "./emulator.js";
import { LogCache } from "./log-cache/logCache.js";
import { Observation } from "./observation/observation.js";
import type { Settings } from "./options.js";
import { OtlpReceiver } from "./otlp/otlpReceiver.js";
import { BufferBudget } from "./rlp/bufferBudget.js";
import { Rlp } from "./rlp/rlp.js";
import { Router } from "./router/router.js";
import { RouterLink } from "./router/routerLink.js";
import type { PreparedTls } from "./tls/emulatorTls.js";
import { type EncodedEnvelope, encodeEnvelope } from "./wire/encodedEnvelope.js";

/** The maximum memory of the envelopes in all readers' buffers, in bytes. */
const bufferBytes = 160 * 1024 * 1024;

/** The components, without the endpoints that serve them. */
export class EmulatorCore {
  readonly observation: Observation;
  readonly otlp: OtlpReceiver;
  readonly agent: Agent;
  readonly udpForwarder: UdpForwarder;
  readonly link: RouterLink;
  readonly rlp: Rlp;
  readonly routerStreams: Rlp;
  readonly logCache: LogCache;
  readonly drains: Drains;
  readonly #router = new Router();
  readonly #path: AgentPath<Routed> | undefined;

  constructor(settings: Settings, { onEnvelope, logger }: EmulatorOptions, tls: PreparedTls) {
    const { realism } = settings;
    this.observation = new Observation(onEnvelope, settings.logger);
    const { waiting, stats } = this.observation;
    const onDropped = (count: number) => stats.add("dropped", count);
    this.otlp = new OtlpReceiver(waiting, stats);
    this.drains = new Drains(tls.clients.ingress, logger);
    this.logCache = new LogCache(settings.logCache, realism, settings.logger);
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

  /** Accepts an envelope at the router, bypassing the agent. */
  readonly acceptAtRouter = (envelope: Envelope, bytes?: Uint8Array): void => {
    const encoded = encodeEnvelope(envelope, bytes);
    this.observation.received(envelope, encoded.bytes);
    this.logCache.accept(envelope, encoded.bytes);
    this.#route(envelope, encoded, performance.now());
    this.observation.stats.add("received", 1);
  };

  /** Discards the envelopes that the agent has accepted and not forwarded. */
  restartAgent(): void {
    this.observation.stats.add("dropped", this.#path?.restart() ?? 0);
  }

  /** Clears the received envelopes, the counts and the data of log-cache. */
  reset(): void {
    this.observation.record.clear();
    this.otlp.clear();
    this.agent.reset();
    this.logCache.node.clear();
    this.logCache.node.clearCrashes();
    this.observation.stats.reset();
  }

  close(): void {
    this.observation.recorder?.close();
    this.#path?.close();
    this.udpForwarder.close();
    this.logCache.close();
    this.observation.waiting.close();
  }

  #received(envelope: Envelope, encoded: EncodedEnvelope): void {
    this.observation.received(envelope, encoded.bytes);
    this.drains.accept(envelope);
    this.logCache.accept(envelope, encoded.bytes);
    if (this.#path !== undefined) {
      this.#path.add({ envelope, encoded });
    } else {
      this.#route(envelope, encoded, 0);
    }
    this.observation.stats.add("received", 1);
  }

  #route(envelope: Envelope, encoded: EncodedEnvelope, time: number): void {
    if (this.link.isRunning) {
      this.#router.route(envelope, encoded, time);
    } else {
      this.observation.stats.add("dropped", 1);
    }
  }
}

interface Routed {
  readonly envelope: Envelope;
  readonly encoded: EncodedEnvelope;
}
