import { onAbort } from "@loggregator/core";
import type { CommandError } from "../../errors.js";
import type { WorkerConfig } from "../worker/messages.js";
import { Worker } from "./worker.js";

export interface SupervisorOptions {
  readonly workers: number;
  readonly config: WorkerConfig;
  readonly graceMs: number;
  /** Stops the workers gracefully when it aborts. */
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
  /** Called once, when the first worker reads. */
  readonly onReady: (source: string) => void;
}

/** Runs the workers in separate processes, so that a failing worker does not affect the others. */
export class Supervisor {
  readonly workers: readonly Worker[];
  stopping = false;
  readonly #options: SupervisorOptions;
  readonly #removeListener: () => void;
  #failure: CommandError | undefined;
  #isReady = false;
  #onEnd = () => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.#onEnd = resolve;
  });
  readonly #killAll = () => {
    for (const worker of this.workers) {
      worker.kill();
    }
  };

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { workers, config, say } = options;
    const events = {
      say,
      ready: (source: string) => this.#ready(source),
      failed: (error: CommandError) => {
        this.#failure ??= error;
        this.#stop();
      },
      ended: () => this.#workerEnded(),
    };
    // Workers must not outlive the process, even if it exits immediately.
    process.on("exit", this.#killAll);
    this.workers = Array.from({ length: workers }, (_, index) => {
      const name = workers === 1 ? "" : `worker ${index + 1}: `;
      return new Worker(index + 1, { ...config, name }, events);
    });
    this.#removeListener = onAbort(options.signal, () => this.#stop());
  }

  /**
   * Resolves when all workers have stopped.
   *
   * @throws CommandError if a worker cannot be started.
   */
  async run(): Promise<void> {
    await this.#ended;
    this.#removeListener();
    process.off("exit", this.#killAll);
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  #ready(source: string): void {
    if (!this.#isReady) {
      this.#isReady = true;
      this.#options.onReady(source);
    }
  }

  #stop(): void {
    if (this.stopping) {
      return;
    }
    this.stopping = true;
    for (const worker of this.workers) {
      if (worker.state !== "stopped") {
        worker.stop(this.#options.graceMs);
      }
    }
  }

  #workerEnded(): void {
    // A worker whose output was closed ends the nozzle.
    this.#stop();
    if (this.workers.every(({ state }) => state === "stopped")) {
      this.#onEnd();
    }
  }
}
