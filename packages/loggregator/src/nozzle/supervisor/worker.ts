import { Backoff, retrySettings } from "@loggregator/core";
import { CommandError } from "../../errors.js";
import { addCounts, type Counts, noCounts } from "../worker/counts.js";
import type { FromWorker, WorkerConfig, WorkerReport } from "../worker/messages.js";
import { WorkerProcess } from "./workerProcess.js";

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
  #process: WorkerProcess | undefined;
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
    return this.#process?.pid;
  }

  /** The last report of the current process. */
  get report(): WorkerReport | undefined {
    return this.#process?.report;
  }

  /** The counts of all its processes. */
  get counts(): Counts {
    const { report } = this;
    return report === undefined ? this.#past : addCounts(this.#past, report.counts);
  }

  /** Whether it runs, but has not reported for a long time. */
  get isBlocked(): boolean {
    const reportedAt = this.#process?.reportedAt ?? 0;
    return this.state === "running" && performance.now() - reportedAt > blockedMs;
  }

  /** Delivers the received envelopes for at most `graceMs` milliseconds, and ends. */
  stop(graceMs: number): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (this.#process === undefined) {
      this.#end();
      return;
    }
    this.#process.send({ type: "stop", graceMs });
    this.#timer = setTimeout(() => this.kill(), graceMs + exitMs);
  }

  /** Kills the process. */
  kill(): void {
    this.#process?.kill();
  }

  #start(): void {
    this.#process = new WorkerProcess(this.#config, {
      received: (message) => this.#received(message),
      died: (how) => this.#died(how),
    });
  }

  #received(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.#wasReady = true;
        this.state = "running";
        this.#timer = setTimeout(() => this.#backoff.reset(), settledMs).unref();
        this.#events.ready(message.source);
        break;
      case "report":
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
        this.#stopping = true;
        break;
    }
  }

  #died(how: string): void {
    clearTimeout(this.#timer);
    this.#addPastCounts();
    this.#process = undefined;
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
    const { counts, queued = 0 } = this.report ?? {};
    if (counts !== undefined) {
      counts.dropped[this.#stopping ? "shutdown" : "worker_died"] += queued;
      this.#past = addCounts(this.#past, counts);
    }
  }

  #end(): void {
    this.state = "stopped";
    this.#events.ended();
  }
}
