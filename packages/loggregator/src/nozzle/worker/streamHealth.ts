import type { ConnectionStatus } from "@loggregator/core";
import { messageOf } from "../../explain.js";
import { Outage } from "../../outage.js";
import type { EndState } from "./messages.js";

/**
 * The time in milliseconds after which a call on an open connection counts as accepted. A server
 * that refuses a call does so immediately, and sends nothing while there are no envelopes.
 */
const settledMs = 2_000;

/** Follows whether the server accepts the stream. */
export class StreamHealth {
  readonly #outage: Outage;
  #accepted = false;
  #detail = "connecting";
  #settling: NodeJS.Timeout | undefined;

  constructor(say: (message: string) => void) {
    this.#outage = new Outage(say);
  }

  get state(): EndState {
    return { ok: this.#accepted, detail: this.#accepted ? "accepted" : this.#detail };
  }

  /** Follows the status of a client until it is closed. */
  async watch(statuses: AsyncIterable<ConnectionStatus>): Promise<void> {
    for await (const status of statuses) {
      switch (status.type) {
        case "open":
          this.accepted();
          break;
        case "retrying":
          this.failed(status.error);
          // Only the call may have failed: then no status follows.
          this.#settling = setTimeout(() => this.accepted(), status.delayMs + settledMs).unref();
          break;
        case "disconnected":
        case "connecting":
        case "closed":
          this.#accepted = false;
          clearTimeout(this.#settling);
          break;
        default:
      }
    }
  }

  /** Called for each batch. */
  accepted(): void {
    if (this.#accepted) {
      return;
    }
    clearTimeout(this.#settling);
    this.#accepted = true;
    this.#outage.recovered();
  }

  failed(error: Error): void {
    clearTimeout(this.#settling);
    this.#accepted = false;
    this.#detail = messageOf(error);
    this.#outage.failed(this.#detail);
  }
}
