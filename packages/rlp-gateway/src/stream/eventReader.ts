import { EventTooLargeError } from "../errors.js";
import { ChunkDecoder } from "./chunkDecoder.js";

/**
 * Parses the bytes of one event stream, as the HTML standard defines it, and returns the data of its
 * events. Comments and fields other than `data` and `event` are ignored: ancient gateways sent
 * `heartbeat:` lines.
 */
export class EventReader {
  readonly #decoder = new ChunkDecoder();
  readonly #maxLength: number;
  /** The beginning of a line that is not complete. Never searched again. */
  #line = "";
  /** The last chunk ended in a carriage return: a line feed that follows belongs to it. */
  #endedInReturn = false;
  #event = "";
  #data: string | undefined;
  #completed: string[] = [];
  #receivedEvent = false;
  #closing = false;
  #error: EventTooLargeError | undefined;

  /** @param maxLength The longest event in characters, whether it has arrived completely or not. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
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
    this.#completed = [];
    const text = this.#decoder.decode(chunk);
    if (text !== "") {
      this.#parse(text);
    }
    return this.#completed;
  }

  #parse(text: string): void {
    let start = this.#endedInReturn && text.startsWith("\n") ? 1 : 0;
    let feed = text.indexOf("\n", start);
    // Hardly any stream has one, so that most chunks are searched for it once.
    let carriageReturn = text.indexOf("\r", start);
    this.#endedInReturn = text.endsWith("\r");
    while (this.#error === undefined) {
      const isReturn = carriageReturn >= 0 && (feed < 0 || carriageReturn < feed);
      const end = isReturn ? carriageReturn : feed;
      if (end < 0) {
        break;
      }
      this.#endLine(this.#line + text.slice(start, end));
      this.#line = "";
      start = end + 1;
      if (isReturn) {
        if (feed === start) {
          start += 1;
        }
        carriageReturn = text.indexOf("\r", start);
      }
      if (feed >= 0 && feed < start) {
        feed = text.indexOf("\n", start);
      }
    }
    this.#line += text.slice(start);
    if (this.#line.length + (this.#data?.length ?? 0) > this.#maxLength) {
      this.#reject();
    }
  }

  #endLine(line: string): void {
    if (line === "") {
      this.#endEvent();
    } else if (line.startsWith("data:")) {
      this.#addData(line.slice(line.startsWith(" ", 5) ? 6 : 5));
    } else if (line.startsWith("event:")) {
      this.#event = line.slice(line.startsWith(" ", 6) ? 7 : 6);
    } else if (line === "data") {
      this.#addData("");
    } else if (line === "event") {
      this.#event = "";
    }
  }

  #addData(value: string): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    if (this.#data.length > this.#maxLength) {
      this.#reject();
    }
  }

  #endEvent(): void {
    const event = this.#event;
    const data = this.#data;
    this.#event = "";
    this.#data = undefined;
    if (data === undefined) {
      return;
    }
    if (event === "closing") {
      this.#closing = true;
      return;
    }
    this.#receivedEvent = true;
    if (event === "" || event === "message") {
      this.#completed.push(data);
    }
  }

  #reject(): void {
    this.#error ??= new EventTooLargeError(
      `an event is longer than maxEventLength, ${this.#maxLength} characters`,
    );
  }
}
