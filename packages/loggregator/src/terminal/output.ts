import { once } from "node:events";
import { abortable } from "@loggregator/core";
import { CommandError } from "../errors.js";

/** The codes of a pipe whose reader has closed it; EOF is one of Windows. */
const closedCodes = ["EPIPE", "EOF"];

/** The standard output of a command. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #closed = new AbortController();
  #failure: CommandError | undefined;
  /**
   * Resolves when the stream accepts more. Shared, as concurrent writes wait for the same event.
   */
  #drained: Promise<unknown> | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on("error", this.#failed);
  }

  /** Aborts when the reader closes the output, as in `| head`. Later writes have no effect. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /**
   * The reason if it was closed by a failure, such as a full disk. A reader that closes the pipe is
   * not a failure.
   */
  get failure(): CommandError | undefined {
    return this.#failure;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** In columns and rows; 80 × 24 if it is not a terminal. */
  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 };
  }

  /** Writes text. Resolves when more may be written, or when the signal aborts. */
  async write(text: string, signal: AbortSignal = this.closed): Promise<void> {
    if (this.closed.aborted || text === "") {
      return;
    }
    if (this.#stream.write(text)) {
      return;
    }
    this.#drained ??= once(this.#stream, "drain", { signal: this.closed })
      .catch(() => {})
      .finally(() => {
        this.#drained = undefined;
      });
    await abortable(signal, this.#drained).catch(() => {});
  }

  release(): void {
    this.#stream.off("error", this.#failed);
  }

  readonly #failed = (error: NodeJS.ErrnoException): void => {
    if (!closedCodes.includes(error.code ?? "")) {
      this.#failure = new CommandError(`cannot write to standard output: ${error.message}`, {
        cause: error,
      });
    }
    this.#closed.abort();
  };
}
