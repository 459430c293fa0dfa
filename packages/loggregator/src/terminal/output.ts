import { once } from "node:events";
import { CommandError } from "../errors.js";

/** Where a command prints what it was asked for. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #closed = new AbortController();
  #failure: CommandError | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on("error", this.#failed);
  }

  /** Aborts when nobody reads any more, as after `| head`: what is written from then on is lost. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Why it closed, where that is a failure: a disk that is full. That a reader left is none. */
  get failure(): CommandError | undefined {
    return this.#failure;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** In characters and lines; 80 × 24 where it is no terminal. */
  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 };
  }

  /** Resolves once more may be written. */
  async write(text: string): Promise<void> {
    if (this.closed.aborted || text === "") return;
    if (this.#stream.write(text)) return;
    await once(this.#stream, "drain", { signal: this.closed }).catch(() => {});
  }

  release(): void {
    this.#stream.off("error", this.#failed);
  }

  readonly #failed = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") {
      this.#failure = new CommandError(
        `expected a standard output that can be written to: ${error.message}`,
        {
          cause: error,
        },
      );
    }
    this.#closed.abort();
  };
}
