import { createParser } from "eventsource-parser";
import { EventTooLargeError } from "../errors.js";
import { ChunkDecoder } from "./chunkDecoder.js";

/** Parses the bytes of one event stream, and returns the data of its events. */
export class EventReader {
  readonly #decoder = new ChunkDecoder();
  readonly #maxLength: number;
  readonly #parser;
  #batches: string[] = [];
  #receivedEvent = false;
  #closing = false;
  #error: EventTooLargeError | undefined;

  /** @param maxLength The longest event in characters, whether it has arrived completely or not. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
    this.#parser = createParser({
      maxBufferSize: maxLength,
      onEvent: ({ event, data }) => this.#add(event, data),
      // Unknown fields are ignored: ancient gateways sent `heartbeat:` lines.
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded") this.#reject();
      },
    });
  }

  /** Whether an event has been received, such as a heartbeat. */
  get receivedEvent(): boolean {
    return this.#receivedEvent;
  }

  /** Whether the gateway has announced the end of the stream, as it does at its time limit. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Set once an event was too long: nothing after it can be read. */
  get error(): EventTooLargeError | undefined {
    return this.#error;
  }

  /** Returns the data of the events that this chunk completes, without heartbeats and the like. */
  feed(chunk: Uint8Array): readonly string[] {
    this.#batches = [];
    this.#parser.feed(this.#decoder.decode(chunk));
    return this.#batches;
  }

  #add(event: string | undefined, data: string): void {
    if (this.#error !== undefined) return;
    if (data.length > this.#maxLength) {
      this.#reject();
    } else if (event === undefined || event === "message") {
      this.#receivedEvent = true;
      this.#batches.push(data);
    } else if (event === "closing") {
      this.#closing = true;
    } else {
      this.#receivedEvent = true;
    }
  }

  #reject(): void {
    this.#error ??= new EventTooLargeError(
      `an event is longer than maxEventLength, ${this.#maxLength} characters. Raise it if the gateway can be trusted`,
    );
  }
}
