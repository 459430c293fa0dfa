import { type ConnectionStatus, StatusFeed } from "@loggregator/core";
import { CloudControllerError } from "./cloudControllerError.js";

/** Counts the requests to Cloud Controller, and reports whether it answers. */
export class ApiMonitor {
  readonly status = new StatusFeed<ConnectionStatus>({ type: "idle" });
  requests = 0;
  failed = 0;
  #isOpen = false;

  /** Call it for each response, including one that refuses a request. */
  answered(): void {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.status.push({ type: "open" });
    }
  }

  /** Call it when a request has failed. */
  refused(error: unknown): void {
    this.failed++;
    if (error instanceof CloudControllerError && error.status !== undefined) {
      this.answered();
      return;
    }
    this.#isOpen = false;
    this.status.push({ type: "disconnected", error: error as Error });
  }
}
