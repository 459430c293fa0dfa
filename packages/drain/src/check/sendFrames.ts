import type { Socket } from "node:net";
import { DrainCheckFailure } from "./drainCheckFailure.js";
import { type MarkedEnvelope, messagesOf } from "./markedEnvelopes.js";
import { settled } from "./settled.js";

/**
 * More than the socket buffers of both systems can hold: if this much is written, the server reads.
 */
const probeBytes = 16 * 1024 * 1024;
/** The time in which a server may close a connection that it rejects, in milliseconds. */
const closingMs = 300;

/** Writes the frames of all envelopes, and checks that the server reads them. */
export async function sendFrames(
  socket: Socket,
  marked: readonly MarkedEnvelope[],
  timeoutMs: number,
): Promise<void> {
  const early = await settled(socket.resume(), "data", closingMs);
  if (early === "closed" || early instanceof Error) {
    throw closedFailure("at once");
  }
  const frames = marked.flatMap(messagesOf).flatMap((bytes) => [`${bytes.length} `, bytes]);
  socket.write(Buffer.concat(frames.map((part) => Buffer.from(part))));
  const late = await settled(socket, "data", closingMs);
  if (late === "closed" || late instanceof Error) {
    throw closedFailure("when it gets messages");
  }
  await probe(socket, timeoutMs);
}

function closedFailure(when: string): DrainCheckFailure {
  return new DrainCheckFailure(
    "closed",
    `the server closes the connection ${when}`,
    "check the receiver's log; it may permit other addresses only, or expect https",
  );
}

/**
 * Writes line ends, which are ignored between octet-counted frames, until the server must have read
 * some of them.
 */
async function probe(socket: Socket, timeoutMs: number): Promise<void> {
  const chunk = Buffer.alloc(1024 * 1024, "\n");
  for (let sent = 0; sent < probeBytes; sent += chunk.length) {
    if (socket.write(chunk)) {
      continue;
    }
    const result = await settled(socket, "drain", timeoutMs);
    if (result === "timeout") {
      throw new DrainCheckFailure(
        "not-reading",
        `the server accepts the connection and reads nothing for ${timeoutMs} ms`,
        "find the cause in the receiver's log; until it reads, the agent drops logs",
      );
    }
    if (result !== "drain") {
      // Some receivers close such connections. The messages were read before that.
      return;
    }
  }
}
