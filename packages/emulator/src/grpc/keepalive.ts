import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Server } from "node:net";
import type { CallContext, ServerMiddleware, ServerMiddlewareCall } from "nice-grpc";

/** gRPC servers in Go tolerate two early pings; a third closes the connection. */
const maxStrikes = 2;
/** The size of a frame that answers a ping. */
const pingAckBytes = 17;

/** Limits the keepalive pings of clients; Go's `keepalive.EnforcementPolicy`. */
export interface PingPolicyOptions {
  /** The minimum interval in milliseconds while a call is open. */
  readonly minIntervalMs: number;
  /** The minimum interval in milliseconds while no call is open. */
  readonly minIdleIntervalMs: number;
}

/** Counts the pings of one connection that follow the previous one too early. */
export class PingPolicy {
  readonly #options: PingPolicyOptions;
  #last = Number.NEGATIVE_INFINITY;
  #strikes = 0;
  #sentSince = false;

  constructor(options: PingPolicyOptions) {
    this.#options = options;
  }

  /**
   * Called when the server has sent headers or data: the next ping is accepted, and the strikes are
   * reset.
   */
  sent(): void {
    this.#sentSince = true;
  }

  /**
   * @param now In milliseconds.
   * @param openCalls The number of open calls of the connection.
   * @returns Whether there were too many early pings.
   */
  ping(now: number, openCalls: number): boolean {
    const { minIntervalMs, minIdleIntervalMs } = this.#options;
    if (this.#sentSince) {
      this.#sentSince = false;
      this.#strikes = 0;
    } else if (now - this.#last < (openCalls > 0 ? minIntervalMs : minIdleIntervalMs)) {
      this.#strikes += 1;
    }
    this.#last = now;
    return this.#strikes > maxStrikes;
  }
}

/**
 * Closes a connection that sends keepalive pings too often with GOAWAY ENHANCE_YOUR_CALM
 * `too_many_pings`, as gRPC servers in Go do.
 */
export class KeepaliveEnforcement {
  readonly #options: PingPolicyOptions;
  /** By the client's address in gRPC's form. */
  readonly #policies = new Map<string, PingPolicy>();

  constructor(options: PingPolicyOptions) {
    this.#options = options;
  }

  watch(server: Server): void {
    server.on("session", (session: ServerHttp2Session) => {
      const { remoteAddress, remotePort } = session.socket;
      const peer = `${remoteAddress}:${remotePort}`;
      const policy = new PingPolicy(this.#options);
      this.#policies.set(peer, policy);
      session.once("close", () => this.#policies.delete(peer));
      const responding = new Set<ServerHttp2Stream>();
      let openCalls = 0;
      session.on("stream", (stream: ServerHttp2Stream) => {
        openCalls += 1;
        responding.add(stream);
        stream.once("close", () => {
          openCalls -= 1;
          responding.delete(stream);
        });
      });
      let answered = 0;
      session.on("ping", () => {
        // A large response is written piece by piece as the client reads, and Go's clients send a
        // ping for each piece to measure the bandwidth: check whether a piece was sent since the
        // last ping.
        const { bytesWritten } = session.socket;
        const isResponding = [...responding].some(
          ({ headersSent, writableEnded }) => headersSent && !writableEnded,
        );
        if (isResponding && bytesWritten > answered + pingAckBytes) {
          policy.sent();
        }
        answered = bytesWritten;
        if (policy.ping(performance.now(), openCalls)) {
          end(session);
        }
      });
    });
  }

  /** Records each response. */
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
  setImmediate(() => session.destroy());
}
