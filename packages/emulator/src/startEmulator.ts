import type { Envelope } from "@loggregator/api";
import { objectArgument, onAbort } from "@loggregator/core";
import type { Emulator, EmulatorOptions } from "./emulator.js";
import { EmulatorCore } from "./emulatorCore.js";
import { type Endpoints, faultsOf, listen } from "./endpoints.js";
import { EmulatorClosedError } from "./errors.js";
import type { EmulatorFaults } from "./faults/emulatorFaults.js";
import { FaultRegistry } from "./faults/faultRegistry.js";
import { readOptions, type Settings } from "./options.js";
import { RunningOtlp } from "./otlp/otlp.js";
import { EnvelopeRecorder } from "./recording/envelopeRecorder.js";
import type { ReplayResult } from "./recording/replay.js";
import type { RestApi } from "./rest/restApi.js";
import { type PreparedTls, prepareTls } from "./tls/tls.js";

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
  let registry: FaultRegistry;
  let api: RestApi | undefined;
  try {
    endpoints = await listen(core, settings, tls);
    await core.drains.set(options.drains ?? []);
    signal?.throwIfAborted();
    registry = new FaultRegistry(faultsOf(core, endpoints));
    api = await startApi(core, settings, registry);
    if (settings.record !== undefined) {
      core.recorder = new EnvelopeRecorder(settings.record, (error) => {
        settings.logger.error(error.message);
        core.waiting.fail(error);
      });
    }
  } catch (error) {
    await api?.close();
    await endpoints?.close();
    await core.drains.close();
    core.close();
    throw error;
  }
  const emulator = new RunningEmulator({ core, settings, endpoints, tls, registry, api }, signal);
  if (settings.scenario !== undefined) {
    const { runScenario } = await import("./scenario/runScenario.js");
    runScenario(settings.scenario, emulator.emit, emulator.closing);
  }
  return emulator;
}

/** Starts the REST API, if that is requested. */
async function startApi(
  core: EmulatorCore,
  { api, logger }: Settings,
  registry: FaultRegistry,
): Promise<RestApi | undefined> {
  if (api === undefined) {
    return undefined;
  }
  const { startRestApi } = await import("./rest/restApi.js");
  return startRestApi(api, { core, registry, reset: () => reset(core, registry), logger });
}

function reset(core: EmulatorCore, registry: FaultRegistry): void {
  registry.clear();
  core.reset();
}

/** The parts of a running emulator. */
interface Parts {
  readonly core: EmulatorCore;
  readonly settings: Settings;
  readonly endpoints: Endpoints;
  readonly tls: PreparedTls;
  readonly registry: FaultRegistry;
  readonly api: RestApi | undefined;
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
  readonly api: Emulator["api"];
  readonly recording: Emulator["recording"];
  readonly tls: Emulator["tls"];
  readonly faults: EmulatorFaults;
  readonly emit: Emulator["emit"];
  readonly #parts: Parts;
  readonly #core: EmulatorCore;
  readonly #closing = new AbortController();
  readonly #unlink: () => void;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts, signal: AbortSignal | undefined) {
    const { core, endpoints, tls, registry, api } = parts;
    const { ingress, egress, router, gateway, v1 } = endpoints;
    const { faults: _faults, close: _close, ...logCachePlace } = endpoints.logCache;
    const { address, url, httpsAddress, httpsUrl } = gateway;
    this.#parts = parts;
    this.#core = core;
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
    this.api = api && { address: api.address, url: api.url };
    this.recording = core.recorder;
    this.tls = tls.clients;
    this.faults = registry.faults;
    // Bound, so that it can be passed as a callback.
    this.emit = (envelope) => {
      objectArgument("envelope", envelope);
      core.agent.accept(envelope);
    };
    // `close` reports the error to its caller.
    this.#unlink = onAbort(signal, () => void this.#close().catch(() => {}));
  }

  /** Aborts when the emulator closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get stats(): Emulator["stats"] {
    return this.#core.stats.snapshot;
  }

  async replay(...[path, options = {}]: Parameters<Emulator["replay"]>): Promise<ReplayResult> {
    const { replay } = await import("./recording/replay.js");
    const { logger } = this.#parts.settings;
    return replay(path, options, this.emit, { logger, closing: this.#closing.signal });
  }

  reset(): void {
    reset(this.#core, this.#parts.registry);
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
    this.#closing.abort(new EmulatorClosedError("the emulator was closed during a replay"));
    await Promise.all([this.#parts.endpoints.close(), this.#parts.api?.close()]);
    await this.#core.drains.close();
    await this.#core.callback?.settled();
    this.#core.close();
  }
}
