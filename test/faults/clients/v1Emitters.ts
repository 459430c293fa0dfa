import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { V1Client } from "@loggregator/v1";
import { expect } from "vitest";
import { GoV1 } from "./goClients.js";

/** The number of emitted envelopes, and the client's own statistics. */
export interface V1Account {
  readonly emitted: number;
  readonly sent: number;
  readonly dropped: number;
  readonly queued: number;
  /** The errors that the client has reported. */
  readonly errors: readonly string[];
}

/** A v1 client that emits ten numbers every 5 ms. */
export interface V1Emitter extends AsyncDisposable {
  account(): V1Account | Promise<V1Account>;
  /** Stops emitting, and flushes the queue. */
  close(): Promise<void>;
}

/** Our client in this process. */
export class InProcessEmitter implements V1Emitter {
  readonly #client: V1Client;
  readonly #errors: string[] = [];
  readonly #emitting: NodeJS.Timeout;
  #emitted = 0;

  constructor(address: string) {
    const onError = (error: Error) => this.#errors.push(String(error));
    this.#client = new V1Client({ origin: "faults", address, onError });
    this.#emitting = setInterval(() => {
      for (const line of lines(this.#emitted)) {
        this.#client.emitLog(line, { sourceId: "v1" });
      }
      this.#emitted += 10;
      const { sent, dropped, queued } = this.#client.stats;
      if (sent + dropped + queued !== this.#emitted) {
        this.#errors.push("the counts do not add up");
      }
    }, 5);
  }

  account(): V1Account {
    expect(this.#errors).not.toContain("the counts do not add up");
    return { emitted: this.#emitted, ...this.#client.stats, errors: this.#errors };
  }

  close(): Promise<void> {
    clearInterval(this.#emitting);
    return this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Our client in a child process with a low limit of file descriptors. */
export class ChildProcessEmitter implements V1Emitter {
  readonly #child: ChildProcess;

  constructor(address: string) {
    const program = fileURLToPath(new URL("../programs/v1Client.mjs", import.meta.url));
    this.#child = fork(program, [address], {
      execPath: "/bin/sh",
      // Node.js itself raises the soft limit to the hard limit, and opens all modules at once.
      execArgv: ["-c", `ulimit -n 256 && exec "${process.execPath}" "$0" "$@"`],
    });
  }

  account(): Promise<V1Account> {
    return this.#ask("account") as Promise<V1Account>;
  }

  async takeDescriptors(): Promise<void> {
    await this.#ask("take descriptors");
  }

  async releaseDescriptors(): Promise<void> {
    await this.#ask("release descriptors");
  }

  async close(): Promise<void> {
    await this.#ask("close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  async #ask(what: string): Promise<unknown> {
    const ended = new AbortController();
    const { signal } = ended;
    const exit = once(this.#child, "exit", { signal }).then(([code]) => {
      throw new Error(`the client exited with ${code}`);
    });
    const answer = once(this.#child, "message", { signal });
    this.#child.send(what);
    try {
      return (await Promise.race([answer, exit]))[0];
    } finally {
      ended.abort();
    }
  }
}

/** The client of the Go library. */
export class GoEmitter implements V1Emitter {
  readonly #client: GoV1;
  readonly #emitting: NodeJS.Timeout;
  #emitted = 0;

  static async start(address: string): Promise<GoEmitter> {
    return new GoEmitter(await GoV1.start("go v1", address));
  }

  private constructor(client: GoV1) {
    this.#client = client;
    this.#emitting = setInterval(() => {
      this.#client.emit(lines(this.#emitted));
      this.#emitted += 10;
    }, 5);
  }

  account(): V1Account {
    return { emitted: this.#emitted, sent: 0, dropped: 0, queued: 0, errors: [] };
  }

  async close(): Promise<void> {
    clearInterval(this.#emitting);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.#client[Symbol.asyncDispose]();
  }
}

function lines(from: number): string[] {
  return Array.from({ length: 10 }, (_, i) => String(from + i).padEnd(8));
}
