import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { Status } from "nice-grpc";
import {
  type CallStatus,
  statusFromHttp,
  statusFromReset,
  statusFromServer,
} from "./callStatus.js";
import { MessageError, MessageReader } from "./messageReader.js";
import { type MessageSource, MessageWriter } from "./messageWriter.js";
import type { SentBytes } from "./sentBytes.js";

/** The bytes counted for a queued message in addition to its length, to bound empty messages. */
const messageOverheadBytes = 64;
/** The number of received and unread bytes above which the stream is paused. */
const maxQueuedBytes = 64 * 1024;

/** The end of an exchange. */
export interface ExchangeEnd extends CallStatus {
  /** The last headers that the server sent. */
  readonly trailers: IncomingHttpHeaders;
  /** True if the server certainly has not processed the call. */
  readonly unprocessed: boolean;
}

export interface ExchangeOptions {
  readonly maxReceiveBytes: number;
  readonly writeWatermarkBytes: number;
  /** True if the request messages are compressed. */
  readonly isCompressed: boolean;
  /**
   * Supplies the request messages, and is notified of sent ones. Undefined if the requests are
   * passed directly.
   */
  readonly source: MessageSource | undefined;
  readonly sentBytes: SentBytes | undefined;
  /** True if the response must consist of exactly one message. */
  readonly unaryResponse: boolean;
  /** Returns the reason why the connection broke, if it did. */
  readonly connectionError: () => CallStatus | undefined;
  /** Returns the number of request bytes that the server accepts before it reads. */
  readonly serverWindowBytes: () => number;
  /** Returns true if the server announced with GOAWAY that it does not process the stream. */
  readonly isRefused: () => boolean;
  readonly onHeaders: (headers: IncomingHttpHeaders) => void;
  readonly onMessage: (message: Buffer) => void;
  /** Called once, after all messages that were received before the end have been read. */
  readonly onEnd: (end: ExchangeEnd) => void;
}

type ExchangeState =
  | { readonly type: "open" }
  /** The outcome is known, messages are still to be read. */
  | { readonly type: "ending"; readonly end: ExchangeEnd }
  | { readonly type: "ended" };

/** One attempt at a call: request and response on one HTTP/2 stream. */
export class Exchange {
  readonly writer: MessageWriter;
  /**
   * Set once a refusal would have arrived. REFUSED_STREAM is ignored from then on: some servers
   * send it after they have read messages.
   */
  isAnswered = false;
  readonly #stream: ClientHttp2Stream;
  readonly #options: ExchangeOptions;
  readonly #reader: MessageReader;
  #state: ExchangeState = { type: "open" };
  #settled = false;
  /** Messages that were received and not read, and the index of the next one. */
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #isWanted = false;
  #receivedMessages = 0;
  #headers: IncomingHttpHeaders | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #streamError: Error | undefined;
  #isDraining = false;

  constructor(stream: ClientHttp2Stream, options: ExchangeOptions) {
    this.#stream = stream;
    this.#options = options;
    const { source } = options;
    this.writer = new MessageWriter(
      stream,
      options.writeWatermarkBytes,
      source && ((count) => this.#sent(source, count)),
      options.isCompressed,
    );
    this.#reader = new MessageReader(options.maxReceiveBytes, (message) => this.#received(message));
    stream.on("response", (headers, flags) => this.#onResponse(headers, flags));
    stream.on("trailers", (trailers) => {
      this.#trailers = trailers;
    });
    stream.on("data", (chunk: Buffer) => this.#onData(chunk));
    stream.on("error", (error) => {
      this.#streamError = error;
    });
    stream.on("end", () => process.nextTick(() => this.#onEnd()));
    stream.on("aborted", () => this.#onEnd());
    stream.on("close", () => this.#onEnd());
  }

  /** Requests the next message. */
  read(): void {
    this.#isWanted = true;
    this.#deliver();
  }

  /** Ends the exchange immediately. Messages that were not read are dropped. */
  cancel(status: CallStatus): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#settled) {
      this.#deliver();
    } else {
      this.#settle(status);
    }
  }

  /** Cancels the call at the server. Received messages can still be read; then it ends with OK. */
  drain(): void {
    if (this.#settled || this.#isDraining) {
      return;
    }
    this.#isDraining = true;
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #sent(source: MessageSource, count: number): void {
    source.sent(count);
    // More than the initial window was sent: the server has read from the stream.
    if (this.writer.sentBytes > this.#options.serverWindowBytes()) {
      source.accepted?.();
    }
  }

  #onResponse(headers: IncomingHttpHeaders, flags: number): void {
    const isOnlyHeaders = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const status = statusFromServer(headers);
    if (isOnlyHeaders && status !== undefined) {
      this.#trailers = headers;
      return;
    }
    const failure = statusFromHttp(headers);
    if (failure !== undefined) {
      this.#settle(failure);
      return;
    }
    this.#headers = headers;
    this.#options.source?.accepted?.();
    this.#reader.encoding = String(headers["grpc-encoding"] ?? "identity");
    if (!this.#settled) {
      this.#options.onHeaders(headers);
    }
  }

  #onData(chunk: Buffer): void {
    if (this.#settled) {
      return;
    }
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof MessageError)) {
        throw error;
      }
      this.#settle({ code: error.code, details: error.message, cause: error.cause });
      return;
    }
    this.#deliver();
    if (this.#queuedBytes > maxQueuedBytes) {
      this.#stream.pause();
    }
  }

  #received(message: Buffer): void {
    if (this.#settled) {
      return;
    }
    if (++this.#receivedMessages > 1 && this.#options.unaryResponse) {
      this.#settle(malformed("the server sent more than one response message"));
      return;
    }
    this.#queue.push(message);
    this.#queuedBytes += message.length + messageOverheadBytes;
  }

  #deliver(): void {
    while (this.#isWanted && this.#queue.length > 0) {
      const message = this.#queue.shift() as Buffer;
      this.#queuedBytes -= message.length + messageOverheadBytes;
      this.#isWanted = false;
      this.#options.onMessage(message);
    }
    const state = this.#state;
    if (state.type === "ending" && this.#queue.length === 0) {
      this.#state = { type: "ended" };
      this.#options.onEnd(state.end);
    }
    if (this.#queuedBytes <= maxQueuedBytes && this.#stream.isPaused()) {
      this.#stream.resume();
    }
  }

  #onEnd(): void {
    const settle = () => this.#settle(this.#outcome());
    if (this.#trailers !== undefined) {
      settle();
    }
    // The reason is known one turn later: the streams of a connection end before the connection.
    else {
      setImmediate(settle);
    }
  }

  #outcome(): CallStatus {
    if (this.#isDraining) {
      return { code: Status.OK, details: "" };
    }
    const trailers = this.#trailers;
    if (trailers !== undefined) {
      const status = statusFromServer(trailers);
      if (status === undefined) {
        return malformed("the server ended the call without a grpc-status");
      }
      if (status.code !== Status.OK) {
        return status;
      }
      if (this.#reader.isPartial) {
        return malformed("the response ends in the middle of a message");
      }
      if (this.#options.unaryResponse && this.#receivedMessages === 0) {
        return malformed("the server ended the call with OK, but without a response message");
      }
      return status;
    }
    const connectionError = this.#options.connectionError();
    const cause = this.#streamError;
    if (connectionError !== undefined) {
      // The streams of a connection may report an error before the connection does.
      return connectionError.cause === undefined && cause !== undefined
        ? { ...connectionError, details: `${connectionError.details}: ${cause.message}`, cause }
        : connectionError;
    }
    const { rstCode } = this.#stream;
    if (rstCode) {
      return { ...statusFromReset(rstCode), cause };
    }
    if (cause !== undefined) {
      return { code: Status.UNAVAILABLE, details: cause.message, cause };
    }
    return malformed("the server ended the call without a grpc-status");
  }

  #settle(status: CallStatus): void {
    if (this.#settled) {
      return;
    }
    this.#settled = true;
    const { rstCode } = this.#stream;
    const end: ExchangeEnd = {
      ...status,
      trailers: this.#trailers ?? {},
      unprocessed:
        (this.#options.isRefused() ||
          (rstCode === constants.NGHTTP2_REFUSED_STREAM && !this.isAnswered)) &&
        this.#headers === undefined &&
        this.#trailers === undefined,
    };
    this.#endStream(status);
    const { sentBytes } = this.#options;
    if (sentBytes === undefined || !this.writer.hasUnsent) {
      this.#finish(end, 0);
    } else {
      this.#stream.destroy();
      sentBytes.count().then((count) => this.#finish(end, count ?? 0));
    }
  }

  #endStream({ code }: CallStatus): void {
    const stream = this.#stream;
    if (stream.destroyed) {
      return;
    }
    if (code === Status.OK && stream.writableFinished) {
      return;
    }
    stream.close(constants.NGHTTP2_CANCEL);
    // Pending writes would otherwise keep a stream open that the server has reset.
    stream.destroy();
  }

  #finish(end: ExchangeEnd, sentBytes: number): void {
    this.writer.stop(sentBytes);
    this.#options.sentBytes?.stop();
    this.#state = { type: "ending", end };
    this.#deliver();
  }
}

function malformed(details: string): CallStatus {
  return { code: Status.UNKNOWN, details };
}
