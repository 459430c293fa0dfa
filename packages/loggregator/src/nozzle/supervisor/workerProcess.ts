import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { errorText } from "@loggregator/core";
import type { FromWorker, ToWorker, WorkerConfig, WorkerReport } from "../worker/messages.js";

const program = fileURLToPath(new URL("../worker/workerMain.js", import.meta.url));

export interface WorkerProcessEvents {
  received(message: FromWorker): void;
  /** It has ended, or could not be started. */
  died(how: string): void;
}

/** One process of a worker. */
export class WorkerProcess {
  /** The last report. */
  report: WorkerReport | undefined;
  /** When it was last known to work, by the monotonic clock in milliseconds. */
  reportedAt = 0;
  readonly #child: ChildProcess;

  constructor(config: WorkerConfig, events: WorkerProcessEvents) {
    const child = fork(program, [], {
      serialization: "advanced",
      env: { GRPC_NODE_VERBOSITY: "NONE", ...process.env },
    });
    this.#child = child;
    child.on("message", (message: FromWorker) => {
      this.#received(message);
      events.received(message);
    });
    // The process could not be started, or a message to it could not be sent.
    child.on("error", (error) => {
      if (child.pid === undefined) {
        events.died(`could not be started: ${errorText(error)}`);
      }
    });
    child.on("exit", (code, signal) =>
      events.died(signal === null ? `exited with code ${code}` : `was killed by ${signal}`),
    );
    this.send({ type: "start", config });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToWorker): void {
    this.#child.send(message, () => {});
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #received(message: FromWorker): void {
    if (message.type === "report" || message.type === "ended") {
      this.report = message.report;
    }
    if (message.type === "report" || message.type === "ready") {
      this.reportedAt = performance.now();
    }
  }
}
