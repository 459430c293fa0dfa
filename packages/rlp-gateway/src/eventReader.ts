import { createParser } from "eventsource-parser";
import { ChunkDecoder } from "./chunkDecoder.js";
import { EventTooLargeError } from "./errors.js";

/** Turns the bytes of one event stream into the data of its events. */
export class EventReader {
  readonly #decoder = new ChunkDecoder();
  readonly #maxLength: number;
  readonly #parser;
  #batches: string[] = [];
  #heard = false;
  #closing = false;
  #error: EventTooLargeError | undefined;

  /** @param maxLength - How many characters an event may have, or what of it has come. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
    this.#parser = createParser({
      maxBufferSize: maxLength,
      onEvent: ({ event, data }) => this.#take(event, data),
      // Fields it doesn't know are no errors of ours: ancient gateways sent `heartbeat:` lines.
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded") this.#refuse();
      },
    });
  }

  /** Whether an event has come, a heartbeat for example. */
  get heard(): boolean {
    return this.#heard;
  }

  /** Whether the gateway has said that it ends the stream, as it does at its time limit. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Set once an event was refused: nothing after it can be read. */
  get error(): EventTooLargeError | undefined {
    return this.#error;
  }

  /** The data of the events that this chunk completes, heartbeats and the like left out. */
  feed(chunk: Uint8Array): readonly string[] {
    this.#batches = [];
    this.#parser.feed(this.#decoder.decode(chunk));
    return this.#batches;
  }

  #take(event: string | undefined, data: string): void {
    if (this.#error !== undefined) return;
    if (data.length > this.#maxLength) {
      this.#refuse();
    } else if (event === undefined || event === "message") {
      this.#heard = true;
      this.#batches.push(data);
    } else if (event === "closing") {
      this.#closing = true;
    } else {
      this.#heard = true;
    }
  }

  #refuse(): void {
    this.#error ??= new EventTooLargeError(
      `expected events of at most ${this.#maxLength} characters, got a longer one; raise maxEventLength if the gateway is to be trusted with it`,
    );
  }
}
