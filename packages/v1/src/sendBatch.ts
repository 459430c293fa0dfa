import type { Socket } from "node:dgram";

/** The results of the datagrams of a batch. */
export interface BatchOutcome {
  /** The number of datagrams that the system accepted. */
  sent: number;
  /** The number of datagrams without a result, because the socket was closed. */
  unanswered: number;
  /** Datagrams that are too large for the system, with its errors. */
  readonly oversized: { readonly bytes: number; readonly cause: Error }[];
  /** Datagrams that the system refused because of `failure`, in order. */
  readonly refused: Uint8Array[];
  failure: Error | undefined;
}

/** Resolves once the system has answered for all datagrams, or the socket has closed. */
export function sendBatch(socket: Socket, datagrams: readonly Uint8Array[]): Promise<BatchOutcome> {
  return new Promise((resolve) => {
    const outcome: BatchOutcome = {
      ...{ sent: 0, unanswered: datagrams.length },
      ...{ oversized: [], refused: [], failure: undefined },
    };
    const finish = () => {
      socket.off("close", finish);
      resolve(outcome);
    };
    socket.on("close", finish);
    for (const datagram of datagrams) {
      socket.send(datagram, (error: NodeJS.ErrnoException | null) => {
        if (error === null) {
          outcome.sent++;
        } else if (error.code === "EMSGSIZE") {
          outcome.oversized.push({ bytes: datagram.length, cause: error });
        } else {
          outcome.failure = error;
          outcome.refused.push(datagram);
        }
        if (--outcome.unanswered === 0) {
          finish();
        }
      });
    }
  });
}
