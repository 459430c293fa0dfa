import { Envelope } from "@loggregator/api";
import type { Logger } from "@loggregator/core";
import type { Realism } from "../emulator.js";
import { LogCacheFaultState } from "./logCacheFaults.js";
import { LogCacheNode } from "./logCacheNode.js";
import type { LogCacheSettings } from "./logCacheOptions.js";
import type { SyslogPath } from "./syslog/syslogPath.js";

/** The delay of envelopes that are sent by syslog, in milliseconds; observed: 300 to 450 ms. */
const syslogDelayMs = 350;

/** Log-cache without its endpoints. */
export class LogCache {
  readonly node: LogCacheNode;
  readonly state: LogCacheFaultState;
  readonly settings: LogCacheSettings;
  readonly #realism: Realism;
  readonly #logger: Logger;
  /** The syslog path; undefined if envelopes arrive directly. */
  #syslog: SyslogPath | undefined;

  constructor(settings: LogCacheSettings, realism: Realism, logger: Logger) {
    this.settings = settings;
    this.#realism = realism;
    this.#logger = logger;
    this.state = new LogCacheFaultState(() => this.node.clear(), settings);
    this.node = new LogCacheNode({
      ...settings,
      faults: this.state,
      cachesMeta: realism === "strict",
      onCrash: ({ method, reason }) =>
        logger.warn(`a real log-cache node would have crashed in ${method}: ${reason}`),
    });
  }

  /** Loads modules that only some settings need. */
  async prepare(): Promise<void> {
    if (this.settings.path === "direct") {
      return;
    }
    const { SyslogPath } = await import("./syslog/syslogPath.js");
    const delayMs = this.#realism === "strict" ? syslogDelayMs : 0;
    this.#syslog = new SyslogPath({
      retryMs: this.settings.syslogRetryMs,
      logger: this.#logger,
      deliver: (envelope) =>
        this.state.after(delayMs, () =>
          this.node.put(envelope, Envelope.encode(envelope).finish()),
        ),
    });
  }

  /** Accepts an envelope from the agent. */
  accept(envelope: Envelope, bytes: Uint8Array): void {
    if (this.#syslog !== undefined) {
      this.#syslog.accept(envelope);
    } else {
      this.node.put(envelope, bytes);
    }
  }

  close(): void {
    this.#syslog?.close();
    this.state.close();
  }
}
