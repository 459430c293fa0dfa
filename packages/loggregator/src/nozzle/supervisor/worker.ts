import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Backoff, errorText, retrySettings } from "@loggregator/core";
import { CommandError } from "../../errors.js";
import { addCounts, type Counts, noCounts } from "../worker/counts.js";
import type { FromWorker, ToWorker, WorkerConfig, WorkerReport } from "../worker/messages.js";

const program = fileURLToPath(new URL("../worker/workerMain.js", import.meta.url));

/** The delays before a worker that died is started again. */
const restarting = retrySettings({ baseDelayMs: 500, maxDelayMs: 30_000 });

/** The time in milliseconds after which a running worker counts as healthy again. */
const settledMs = 60_000;

/** The time in milliseconds without a report after which a worker counts as blocked. */
const blockedMs = 5_000;

/** The time in milliseconds that a worker has to exit after the grace period. */
const exitMs = 1_000;

export interface WorkerEvents {
  /** Called when the worker reads from this source, for the first time or after a restart. */
  ready(source: string): void;
  /** Called when the worker cannot be started. */
  failed(error: CommandError): void;
  /** Called when the worker has stopped as requested. */
  ended(): void;
  say(message: string): void;
}

export type WorkerState = "starting" | "running" | "restarting" | "stopped";

/** A worker process, which is started again when it dies. */
export class Worker {
  readonly id: number;
  restarts = 0;
  state: WorkerState = "starting";
  /** How the last process ended, if it died. */
  lastExit: string | undefined;
  readonly #config: WorkerConfig;
  readonly #events: WorkerEvents;
  readonly #backoff = new Backoff(restarting);
  /** The counts of processes that have ended. */
  #past: Counts = noCounts();
  #report: WorkerReport | undefined;
  #reportedAt = 0;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wasReady = false;
  #stopping = false;

  constructor(id: number, config: WorkerConfig, events: WorkerEvents) {
    this.id = id;
    this.#config = config;
    this.#events = events;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The last report of the current process. */
  get report(): WorkerReport | undefined {
    return this.#report;
  }

  /** The counts of all its processes. */
  get counts(): Counts {
    return this.#report === undefined ? this.#past : addCounts(this.#past, this.#report.counts);
  }

  /** Whether it runs, but has not reported for a long time. */
  get isBlocked(): boolean {
    return this.state === "running" && performance.now() - this.#reportedAt > blockedMs;
  }

  /** Delivers the received envelopes for at most `graceMs` milliseconds, and ends. */
  stop(graceMs: number): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (this.#child === undefined) {
      this.#end();
      return;
    }
    this.#send({ type: "stop", graceMs });
    this.#timer = setTimeout(() => this.kill(), graceMs + exitMs);
  }

  /** Kills the process. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  #start(): void {
    const child = fork(program, [], {
      serialization: "advanced",
      env: { GRPC_NODE_VERBOSITY: "NONE", ...process.env },
    });
    this.#child = child;
    this.#report = undefined;
    child.on("message", (message: FromWorker) => this.#received(message));
    // The process could not be started, or a message to it could not be sent.
    child.on("error", (error) => {
      if (child.pid === undefined) {
        this.#died(`could not be started: ${errorText(error)}`);
      }
    });
    child.on("exit", (code, signal) =>
      this.#died(signal === null ? `exited with code ${code}` : `was ended by ${signal}`),
    );
    this.#send({ type: "start", config: this.#config });
  }

  #send(message: ToWorker): void {
    this.#child?.send(message, () => {});
  }

  #received(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.#wasReady = true;
        this.state = "running";
        this.#reportedAt = performance.now();
        this.#timer = setTimeout(() => this.#backoff.reset(), settledMs).unref();
        this.#events.ready(message.source);
        break;
      case "report":
        this.#report = message.report;
        this.#reportedAt = performance.now();
        break;
      case "failed":
        this.lastExit = message.message;
        if (!this.#wasReady) {
          this.#stopping = true;
          const exitCode = message.exitCode === 2 ? 2 : 1;
          this.#events.failed(new CommandError(message.message, { exitCode }));
        }
        break;
      case "ended":
        this.#report = message.report;
        this.#stopping = true;
        break;
    }
  }

  #died(how: string): void {
    clearTimeout(this.#timer);
    this.#child = undefined;
    this.#addPastCounts();
    if (this.#stopping) {
      this.#end();
      return;
    }
    this.state = "restarting";
    this.lastExit = how;
    this.restarts++;
    const delayMs = this.#backoff.next();
    this.#events.say(
      `worker ${this.id} ${how}; restarting it in ${(delayMs / 1_000).toFixed(1)} s`,
    );
    this.#timer = setTimeout(() => this.#start(), delayMs);
  }

  /** Adds the counts of the process that has ended. Its undelivered envelopes are lost. */
  #addPastCounts(): void {
    const { counts, queued = 0 } = this.#report ?? {};
    if (counts !== undefined) {
      counts.dropped[this.#stopping ? "shutdown" : "worker_died"] += queued;
      this.#past = addCounts(this.#past, counts);
    }
    this.#report = undefined;
  }

  #end(): void {
    this.state = "stopped";
    this.#events.ended();
  }
}
