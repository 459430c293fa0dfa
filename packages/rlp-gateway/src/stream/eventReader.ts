import { ChunkDecoder } from "#chunkDecoder";
import { EventTooLargeError } from "../errors.js";

/**
 * Parses the bytes of one event stream, as the HTML standard defines it, and returns the data of
 * its events. Comments and fields other than `data` and `event` are ignored: very old gateways sent
 * `heartbeat:` lines.
 */
export class EventReader {
  readonly #decoder = new ChunkDecoder();
  readonly #maxLength: number;
  /** True once an event has been received, such as a heartbeat. */
  receivedEvent = false;
  /** True once the gateway has announced the end of the stream, as it does at its time limit. */
  closing = false;
  /** Set if an event was too long. Nothing after it can be read. */
  error: EventTooLargeError | undefined;
  /** The beginning of an incomplete line, which is not searched again. */
  #line = "";
  /** True if the last chunk ended with a carriage return: a following line feed belongs to it. */
  #endedInReturn = false;
  #event = "";
  #data: string | undefined;
  #completed: string[] = [];

  /** @param maxLength The maximum length of an event in characters, complete or not. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /**
   * Returns the data of the events that this chunk completes, except heartbeats and other events
   * without envelopes.
   */
  feed(chunk: Uint8Array): readonly string[] {
    this.#completed = [];
    const text = this.#decoder.decode(chunk);
    if (text !== "") {
      this.#parse(text);
    }
    return this.#completed;
  }

  #parse(text: string): void {
    const rest = this.#endedInReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.#endedInReturn = text.endsWith("\r");
    // Carriage returns are rare, and splitting by a string is ten times as fast.
    const lines = rest.split(rest.includes("\r") ? /\r\n?|\n/ : "\n");
    const last = lines.pop() as string;
    for (const line of lines) {
      if (this.error !== undefined) {
        break;
      }
      this.#endLine(this.#line + line);
      this.#line = "";
    }
    this.#line += last;
    if (this.#line.length + (this.#data?.length ?? 0) > this.#maxLength) {
      this.#reject();
    }
  }

  #endLine(line: string): void {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (line === "") {
      this.#endEvent();
    } else if (field === "data") {
      this.#addData(value);
    } else if (field === "event") {
      this.#event = value;
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
      this.closing = true;
      return;
    }
    this.receivedEvent = true;
    if (event === "" || event === "message") {
      this.#completed.push(data);
    }
  }

  #reject(): void {
    this.error ??= new EventTooLargeError(
      `an event is longer than maxEventLength, ${this.#maxLength} characters`,
    );
  }
}
