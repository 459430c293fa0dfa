import type { Socket } from "node:dgram";

/** The results of the datagrams of a batch. */
export interface BatchOutcome {
  /** The number of datagrams that the system accepted. */
  readonly sent: number;
  /** The number of datagrams without a result, because the socket was closed. */
  readonly unanswered: number;
  /** The sizes in bytes of datagrams that are too large for the system, and its errors. */
  readonly oversized: readonly { readonly bytes: number; readonly cause: Error }[];
  /** Datagrams that the system refused because of `failure`, in order. */
  readonly refused: readonly Uint8Array[];
  readonly failure: Error | undefined;
}

/** Resolves once the results of all datagrams are known, or the socket has closed. */
export function sendBatch(socket: Socket, datagrams: readonly Uint8Array[]): Promise<BatchOutcome> {
  return new Promise((resolve) => {
    const batch = new Batch(socket, datagrams.length, resolve);
    for (const datagram of datagrams) {
      // The callback only calls a method, so that the engine can inline `send`.
      socket.send(datagram, (error) => batch.answered(datagram, error));
    }
  });
}

class Batch implements BatchOutcome {
  sent = 0;
  unanswered: number;
  readonly oversized: { readonly bytes: number; readonly cause: Error }[] = [];
  readonly refused: Uint8Array[] = [];
  failure: Error | undefined;
  readonly #socket: Socket;
  readonly #resolve: (outcome: BatchOutcome) => void;

  constructor(socket: Socket, size: number, resolve: (outcome: BatchOutcome) => void) {
    this.unanswered = size;
    this.#socket = socket;
    this.#resolve = resolve;
    socket.on("close", this.#finish);
  }

  answered(datagram: Uint8Array, error: NodeJS.ErrnoException | null): void {
    if (error === null) {
      this.sent++;
    } else if (error.code === "EMSGSIZE") {
      this.oversized.push({ bytes: datagram.length, cause: error });
    } else {
      this.failure = error;
      this.refused.push(datagram);
    }
    if (--this.unanswered === 0) {
      this.#finish();
    }
  }

  readonly #finish = (): void => {
    this.#socket.off("close", this.#finish);
    this.#resolve(this);
  };
}
