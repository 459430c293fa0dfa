import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import type { Channel, Deadline, Metadata } from "@grpc/grpc-js";
import { onAbort } from "@loggregator/core";
import { Status } from "nice-grpc";
import type { Session } from "../session/session.js";
import { type CallContext, type CallContexts, contextKey } from "./callContexts.js";
import type { CallStatus } from "./callStatus.js";
import { Exchange, type ExchangeEnd } from "./exchange.js";
import type { MessageSource, MessageWriter } from "./messageWriter.js";
import { metadataOf } from "./metadataOf.js";
import { trackSentBytes } from "./sentBytes.js";

/** The interface of a call in grpc-js. */
type GrpcCall = ReturnType<Channel["createCall"]>;
type Listener = Parameters<GrpcCall["start"]>[1];
type MessageContext = Parameters<GrpcCall["sendMessageWithContext"]>[0];

/** The maximum size of requests that are kept for another attempt, in bytes. */
const maxReplayBytes = 1024 * 1024;
/** The maximum number of attempts of a call that servers do not process. */
const maxExchanges = 2;

/** The interface of a connection that calls use. */
export interface CallConnection {
  readonly address: string;
  readonly authority: string;
  readonly isPlainText: boolean;
  readonly contexts: CallContexts;
  readonly maxSendBytes: number;
  readonly maxReceiveBytes: number;
  readonly writeWatermarkBytes: number;
  /** The open session, if there is one. */
  session(): Session | undefined;
  /** Waits for an open session, connecting if necessary. */
  connect(signal: AbortSignal): Promise<Session>;
}

type CallState =
  | { readonly type: "created" }
  /** Waits for a connection. */
  | { readonly type: "connecting"; readonly abort: AbortController }
  | { readonly type: "open"; readonly exchange: Exchange }
  | { readonly type: "ended" };

/** A call on HTTP/2 that implements grpc-js's interface. */
export class Http2Call implements GrpcCall {
  readonly #connection: CallConnection;
  readonly #path: string;
  readonly #deadline: Deadline;
  #state: CallState = { type: "created" };
  #listener: Listener | undefined;
  /** The request's metadata. Undefined before `start`. */
  #metadata: Metadata | undefined;
  #context: CallContext | undefined;
  #exchanges = 0;
  #isReadWanted = false;
  #isHalfClosed = false;
  /** The requests so far; undefined if they are too large to be sent again. */
  #requests: Uint8Array[] | undefined = [];
  #requestBytes = 0;
  /** Called when the next request may be written, while there is no connection. */
  #onConnected: (() => void) | undefined;
  readonly #cleanUp: (() => void)[] = [];
  #resolveStatus: (status: CallStatus) => void = () => {};

  constructor(connection: CallConnection, path: string, deadline: Deadline) {
    this.#connection = connection;
    this.#path = path;
    this.#deadline = deadline;
  }

  start(metadata: Metadata, listener: Listener): void {
    const [key] = metadata.get(contextKey);
    metadata.remove(contextKey);
    this.#context = this.#connection.contexts.get(String(key));
    if (this.#context !== undefined) {
      this.#context.status = new Promise((resolve) => {
        this.#resolveStatus = resolve;
      });
    }
    this.#metadata = metadata;
    this.#listener = listener;
    this.#startDeadline();
    const drain = () => {
      if (this.#state.type === "open") {
        this.#state.exchange.drain();
      } else {
        this.#end({ code: Status.OK, details: "" });
      }
    };
    const { drainSignal } = this.#context ?? {};
    if (drainSignal !== undefined) {
      this.#cleanUp.push(onAbort(drainSignal, drain));
    }
    if (!this.#isEnded) {
      this.#open();
    }
  }

  sendMessageWithContext({ callback }: MessageContext, message: Buffer): void {
    const done = () => callback?.();
    const source = this.#context?.messages;
    if (source === undefined) {
      this.#send(message, done);
    } else if (this.#state.type === "open") {
      this.#takeWhenRoom(this.#state.exchange.writer, source, done);
    } else {
      this.#onConnected = () => this.sendMessageWithContext({ callback: done }, message);
    }
  }

  halfClose(): void {
    this.#isHalfClosed = true;
    if (this.#state.type === "open") {
      this.#state.exchange.writer.end();
    }
  }

  startRead(): void {
    if (this.#state.type === "open") {
      this.#state.exchange.read();
    } else {
      this.#isReadWanted = true;
    }
  }

  cancelWithStatus(code: Status, details: string): void {
    const state = this.#state;
    if (state.type === "open") {
      state.exchange.cancel({ code, details });
    } else if (!this.#isEnded) {
      this.#end({ code, details });
    }
  }

  getPeer(): string {
    return this.#connection.address;
  }

  getCallNumber(): number {
    return 0;
  }

  setCredentials(): void {
    throw new Error("call credentials are not supported: the connection authenticates with TLS");
  }

  getAuthContext(): null {
    return null;
  }

  get #isEnded(): boolean {
    return this.#state.type === "ended";
  }

  #send(message: Buffer, done: () => void): void {
    const { maxSendBytes } = this.#connection;
    if (message.length > maxSendBytes) {
      const details = `cannot send a message larger than maxSendBytes (${message.length}, the limit is ${maxSendBytes})`;
      this.cancelWithStatus(Status.RESOURCE_EXHAUSTED, details);
      return;
    }
    this.#requestBytes += message.length;
    if (this.#requestBytes <= maxReplayBytes || this.#state.type !== "open") {
      this.#requests?.push(message);
    } else {
      this.#requests = undefined;
    }
    if (this.#state.type === "open") {
      this.#state.exchange.writer.add(message);
      this.#state.exchange.writer.whenRoom(done);
    } else {
      this.#onConnected = done;
    }
  }

  #takeWhenRoom(writer: MessageWriter, source: MessageSource, done: () => void): void {
    writer.whenRoom(() => {
      for (const message of source.take(writer.roomBytes)) {
        writer.add(message);
      }
      writer.whenRoom(done);
    });
  }

  /** True if messages come from a source, which must be notified of sent ones. */
  get #suppliesStream(): boolean {
    return this.#context?.messages !== undefined && this.#context.requestStream;
  }

  /** Opens a stream on the current connection, or on the next one. */
  #open(): void {
    const session = this.#connection.session();
    const stream = session && this.#request(session);
    if (session === undefined || stream === undefined) {
      this.#connect();
      return;
    }
    const [clientStream, sentBytes] = stream;
    this.#exchanges++;
    const exchange = new Exchange(clientStream, {
      ...this.#connection,
      maxReceiveBytes: this.#connection.maxReceiveBytes,
      writeWatermarkBytes: this.#connection.writeWatermarkBytes,
      isCompressed: this.#context?.requestEncoding !== undefined,
      source: this.#context?.messages,
      sentBytes,
      unaryResponse: this.#context?.unaryResponse ?? false,
      connectionError: () => session.error,
      serverWindowBytes: () => session.serverWindowBytes,
      isRefused: () => session.refuses(clientStream),
      onHeaders: (headers) => {
        this.#requests = undefined;
        if (this.#metadata !== undefined) {
          this.#listener?.onReceiveMetadata(metadataOf(headers, this.#metadata));
        }
      },
      onMessage: (message) => this.#listener?.onReceiveMessage(message),
      onEnd: (end) => this.#onExchangeEnd(end),
    });
    this.#state = { type: "open", exchange };
    if (this.#suppliesStream) {
      // Nothing is sent until a refusal would have arrived.
      exchange.writer.hold();
      session.whenAnswered((isAnswered) => {
        exchange.isAnswered = isAnswered;
        exchange.writer.release();
      });
    }
    for (const request of this.#requests ?? []) {
      exchange.writer.add(request);
    }
    if (this.#isHalfClosed) {
      exchange.writer.end();
    }
    if (this.#isReadWanted) {
      exchange.read();
    }
    const onConnected = this.#onConnected;
    this.#onConnected = undefined;
    onConnected?.();
  }

  #request(
    session: Session,
  ): [ClientHttp2Stream, ReturnType<typeof trackSentBytes>[1] | undefined] | undefined {
    const headers: OutgoingHttpHeaders = {
      ...this.#metadata?.toHttp2Headers(),
      ":method": "POST",
      ":scheme": this.#connection.isPlainText ? "http" : "https",
      ":authority": this.#connection.authority,
      ":path": this.#path,
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-accept-encoding": "identity,gzip",
      "user-agent": "loggregator-ts",
    };
    const { requestEncoding } = this.#context ?? {};
    if (requestEncoding !== undefined) {
      headers["grpc-encoding"] = requestEncoding;
    }
    const leftMs = this.#leftMs;
    if (leftMs !== undefined) {
      headers["grpc-timeout"] = `${Math.min(99_999_999, leftMs)}m`;
    }
    try {
      return this.#suppliesStream
        ? trackSentBytes(() => session.request(headers))
        : [session.request(headers), undefined];
    } catch {
      // The connection has just been closed, or has used up its stream ids.
      return undefined;
    }
  }

  #connect(): void {
    const abort = new AbortController();
    this.#state = { type: "connecting", abort };
    const isCurrent = () => !abort.signal.aborted;
    this.#connection.connect(abort.signal).then(
      () => isCurrent() && this.#open(),
      (cause: Error) => {
        if (isCurrent()) {
          this.#end({ code: Status.UNAVAILABLE, details: cause.message, cause });
        }
      },
    );
  }

  #onExchangeEnd(end: ExchangeEnd): void {
    if (end.unprocessed) {
      this.#context?.messages?.refused?.();
    }
    const isReplayable =
      end.unprocessed && this.#requests !== undefined && this.#context?.messages === undefined;
    if (isReplayable && this.#exchanges < maxExchanges) {
      this.#isReadWanted = true;
      this.#open();
    } else {
      this.#end(end, end.trailers);
    }
  }

  #end(status: CallStatus, trailers: IncomingHttpHeaders = {}): void {
    if (this.#state.type === "connecting") {
      this.#state.abort.abort();
    }
    this.#state = { type: "ended" };
    for (const cleanUp of this.#cleanUp) {
      cleanUp();
    }
    this.#resolveStatus(status);
    const { code, details } = status;
    const listener = this.#listener;
    const sent = this.#metadata;
    if (listener === undefined || sent === undefined) {
      return;
    }
    // The client may currently be calling a method of this class.
    process.nextTick(() =>
      listener.onReceiveStatus({ code, details, metadata: metadataOf(trailers, sent) }),
    );
  }

  /** The time until the deadline in milliseconds, or undefined if there is no deadline. */
  get #leftMs(): number | undefined {
    const deadline = Number(this.#deadline);
    return Number.isFinite(deadline) ? Math.max(0, Math.ceil(deadline - Date.now())) : undefined;
  }

  #startDeadline(): void {
    const leftMs = this.#leftMs;
    if (leftMs === undefined) {
      return;
    }
    const timer = setTimeout(
      () => this.cancelWithStatus(Status.DEADLINE_EXCEEDED, "the deadline of the call has passed"),
      Math.min(leftMs, 2 ** 31 - 1),
    );
    this.#cleanUp.push(() => clearTimeout(timer));
  }
}
