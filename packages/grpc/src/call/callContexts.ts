import type { CallStatus } from "./callStatus.js";
import type { MessageSource } from "./messageWriter.js";

/** Call options that the connection's middleware adds. */
export interface ConnectionCallOptions {
  /**
   * Supplies the request messages of a streaming call. Each item of the request iterable then only
   * signals that messages may be available: many messages can be sent in one write, and the source
   * is notified when they have been written to the socket.
   *
   * @default none: the items of the request iterable are sent
   */
  readonly messages?: MessageSource | undefined;
  /**
   * The compression of the request messages, which the caller has compressed.
   *
   * @default none
   */
  readonly requestEncoding?: "gzip" | undefined;
  /**
   * When it aborts, the call is cancelled at the server; messages that were received before can
   * still be read, and then the call ends with OK.
   *
   * @default none
   */
  readonly drainSignal?: AbortSignal | undefined;
}

/** The data exchanged between the middleware and the underlying call. */
export interface CallContext extends ConnectionCallOptions {
  readonly requestStream: boolean;
  readonly unaryResponse: boolean;
  /** Resolves to the outcome of the underlying call, once that has started. */
  status?: Promise<CallStatus>;
}

/** The metadata key that maps a call of nice-grpc to its context. It is never sent. */
export const contextKey = "loggregator-call-context";

/** The contexts of the calls of one connection. */
export class CallContexts {
  readonly #contexts = new Map<string, CallContext>();
  #next = 0;

  /** Returns the key of a context. */
  add(context: CallContext): string {
    const key = String(this.#next++);
    this.#contexts.set(key, context);
    return key;
  }

  get(key: string): CallContext | undefined {
    return this.#contexts.get(key);
  }

  delete(key: string): void {
    this.#contexts.delete(key);
  }
}
