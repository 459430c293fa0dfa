import type { Envelope } from "@loggregator/api";
import { type LifetimeStatus, objectArgument, onAbort, StatusFeed } from "@loggregator/core";
import type { Emulator } from "./emulator.js";
import { EmulatorAddresses } from "./emulatorAddresses.js";
import type { EmulatorCore } from "./emulatorCore.js";
import type { Endpoints } from "./endpoints.js";
import { EmulatorClosedError } from "./errors.js";
import type { EmulatorFaults } from "./faults/emulatorFaults.js";
import type { FaultRegistry } from "./faults/faultRegistry.js";
import type { Settings } from "./options.js";
import type { ReplayResult } from "./recording/replay.js";
import type { RestApi } from "./rest/restApi.js";
import type { PreparedTls } from "./tls/emulatorTls.js";

/** The parts of a running emulator. */
export interface EmulatorParts {
  readonly core: EmulatorCore;
  readonly settings: Settings;
  readonly endpoints: Endpoints;
  readonly tls: PreparedTls;
  readonly registry: FaultRegistry;
  readonly api: RestApi | undefined;
  /** Clears all faults and received data. */
  readonly reset: () => void;
}

/** An emulator that listens, until it is closed. */
export class RunningEmulator extends EmulatorAddresses implements Emulator {
  readonly drains: Emulator["drains"];
  readonly recording: Emulator["recording"];
  readonly tls: Emulator["tls"];
  readonly faults: EmulatorFaults;
  readonly emit: Emulator["emit"];
  readonly #parts: EmulatorParts;
  readonly #closing = new AbortController();
  readonly #status = new StatusFeed<LifetimeStatus>({ type: "open" });
  readonly #unlink: () => void;
  #closed: Promise<void> | undefined;

  constructor(parts: EmulatorParts, signal: AbortSignal | undefined) {
    const { core, endpoints, tls, registry, api } = parts;
    super(core, endpoints, api);
    this.drains = core.drains;
    this.recording = core.observation.recorder;
    this.tls = tls.clients;
    this.faults = registry.faults;
    // Bound, so that it can be passed as a callback.
    this.emit = (envelope) => {
      objectArgument("envelope", envelope);
      core.agent.accept(envelope);
    };
    this.#parts = parts;
    // `close` reports the error to its caller.
    this.#unlink = onAbort(signal, () => void this.#close().catch(() => {}));
  }

  /** Aborts when the emulator closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get stats(): Emulator["stats"] {
    return this.#parts.core.observation.stats.snapshot;
  }

  status(): AsyncIterableIterator<LifetimeStatus, undefined> {
    return this.#status.read();
  }

  async replay(...[path, options = {}]: Parameters<Emulator["replay"]>): Promise<ReplayResult> {
    const { replay } = await import("./recording/replay.js");
    const { logger } = this.#parts.settings;
    return replay(path, options, this.emit, { logger, closing: this.#closing.signal });
  }

  reset(): void {
    this.#parts.reset();
  }

  envelopes(): Envelope[] {
    return this.#parts.core.observation.record.items();
  }

  next(...[guard, options]: Parameters<Emulator["next"]>): Promise<never> {
    return this.#parts.core.observation.record.next(guard, options) as Promise<never>;
  }

  until(...[predicate, options]: Parameters<Emulator["until"]>): Promise<void> {
    return this.#parts.core.observation.stats.until(predicate, options);
  }

  async close(): Promise<void> {
    await this.#close();
    this.#parts.core.observation.waiting.throwFailure();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { waiting } = this.#parts.core.observation;
    await this.#close();
    if (!waiting.failureReported) {
      waiting.throwFailure();
    }
  }

  #close(): Promise<void> {
    this.#closed ??= this.#closeAll().finally(() => this.#status.push({ type: "closed" }));
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const { core, endpoints, api } = this.#parts;
    this.#status.push({ type: "closing" });
    this.#unlink();
    this.#closing.abort(new EmulatorClosedError("the emulator was closed during a replay"));
    await Promise.all([endpoints.close(), api?.close()]);
    await core.drains.close();
    await core.observation.callback?.settled();
    core.close();
  }
}
