import { constants, type ServerHttp2Session } from "node:http2";
import type { Server } from "node:net";
import type { CallContext, ServerMiddleware, ServerMiddlewareCall } from "nice-grpc";

/** As agent, router and RLP have it, from their source; gRPC servers in Go forgive two. */
const MIN_INTERVAL_MS = 10_000;
const FORGIVEN = 2;
/** A frame that answers a ping. */
const PING_ACK_BYTES = 17;

/** Counts the pings of one connection that come too soon after the one before. */
export class PingPolicy {
  #last = Number.NEGATIVE_INFINITY;
  #strikes = 0;
  #sentSince = false;
  #answering = false;

  /** Whether the server ever sent headers or data. */
  get answering(): boolean {
    return this.#answering;
  }

  /** The server sent headers or data: the next ping is fine, and all before are forgiven. */
  sent(): void {
    this.#sentSince = true;
    this.#answering = true;
  }

  /**
   * @param now in milliseconds
   * @returns whether there were too many
   */
  ping(now: number): boolean {
    if (this.#sentSince) {
      this.#sentSince = false;
      this.#strikes = 0;
    } else if (now - this.#last < MIN_INTERVAL_MS) {
      this.#strikes += 1;
    }
    this.#last = now;
    return this.#strikes > FORGIVEN;
  }
}

/**
 * Refuses keepalive pings that come more often than every 10 s, with calls open or without: a
 * connection that has too many gets GOAWAY `too_many_pings`, and its end.
 */
export class KeepaliveEnforcement {
  /** By the client's address, as gRPC writes it. */
  readonly #policies = new Map<string, PingPolicy>();

  watch(server: Server): void {
    server.on("session", (session: ServerHttp2Session) => {
      const { remoteAddress, remotePort } = session.socket;
      const peer = `${remoteAddress}:${remotePort}`;
      const policy = new PingPolicy();
      this.#policies.set(peer, policy);
      session.once("close", () => this.#policies.delete(peer));
      let answered = 0;
      session.on("ping", () => {
        // Responses that were handed over together are written bit by bit, and Go's clients send a
        // ping for each bit to measure the line: see whether there was one since the last answer.
        const { bytesWritten } = session.socket;
        if (policy.answering && bytesWritten > answered + PING_ACK_BYTES) {
          policy.sent();
        }
        answered = bytesWritten;
        if (policy.ping(performance.now())) {
          end(session);
        }
      });
    });
  }

  /** Learns of what the server sends. */
  readonly middleware: ServerMiddleware = (call, context) =>
    noteResponses(call, context, this.#policies.get(context.peer));
}

async function* noteResponses<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
  policy: PingPolicy | undefined,
): AsyncGenerator<Response, Response | undefined, undefined> {
  try {
    if (!call.responseStream) {
      return yield* call.next(call.request, context);
    }
    for await (const response of call.next(call.request, context)) {
      policy?.sent();
      yield response;
    }
    return undefined;
  } finally {
    policy?.sent();
  }
}

function end(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) {
    return;
  }
  session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from("too_many_pings"));
  session.destroy();
}
