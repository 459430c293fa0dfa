import { closeSync, openSync, writeSync } from "node:fs";
import { type Envelope, formatEnvelope } from "@loggregator/api";
import { checkOptionNames, nonEmptyString } from "@loggregator/core";
import { RecordingError } from "./errors.js";

/** A recording of all received envelopes. */
export interface RecordOptions {
  /**
   * The file to create: one envelope per line, in the JSON of the gateway. It must not exist, so
   * that no recording is overwritten.
   */
  readonly path: string;
}

/** The recorded envelopes so far. */
export interface Recording {
  readonly path: string;
  readonly envelopes: number;
}

/** The text that is collected before it is written, in UTF-16 units. */
const maxBuffered = 256 * 1024;
const flushIntervalMs = 100;

/** @throws OptionTypeError, OptionRangeError for invalid options. */
export function readRecordOptions(record: RecordOptions | undefined): RecordOptions | undefined {
  if (record === undefined) {
    return undefined;
  }
  checkOptionNames<RecordOptions>("record", record, { path: true });
  return { path: nonEmptyString("record.path", record.path) };
}

/**
 * Writes envelopes to a file. Writes are synchronous: senders wait for a slow disk, so nothing is
 * lost and the buffer is bounded.
 */
export class EnvelopeRecorder implements Recording {
  readonly path: string;
  readonly #file: number;
  readonly #onFailure: (error: RecordingError) => void;
  #envelopes = 0;
  #buffered: string[] = [];
  #bufferedLength = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * Creates the file.
   *
   * @param onFailure Called once if the file cannot be written; the recording ends.
   * @throws RecordingError if the file exists or cannot be created.
   */
  constructor({ path }: RecordOptions, onFailure: (error: RecordingError) => void) {
    this.path = path;
    this.#onFailure = onFailure;
    try {
      // Logs can contain secrets.
      this.#file = openSync(path, "wx", 0o600);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const reason =
        code === "EEXIST"
          ? "the file exists; choose another path, or remove it"
          : `cannot create the file: ${message}`;
      throw new RecordingError(path, reason, { cause });
    }
  }

  get envelopes(): number {
    return this.#envelopes;
  }

  add(envelope: Envelope): void {
    if (this.#closed) {
      return;
    }
    const line = formatEnvelope(envelope, { emitUnpopulated: true });
    this.#buffered.push(line);
    this.#bufferedLength += line.length + 1;
    this.#envelopes += 1;
    if (this.#bufferedLength >= maxBuffered) {
      this.#flush();
    } else {
      this.#timer ??= setTimeout(() => this.#flush(), flushIntervalMs);
    }
  }

  /** Writes the rest and closes the file. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#flush();
    this.#end();
  }

  #end(): void {
    if (!this.#closed) {
      this.#closed = true;
      closeSync(this.#file);
    }
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#buffered.length === 0) {
      return;
    }
    const bytes = Buffer.from(`${this.#buffered.join("\n")}\n`);
    this.#buffered = [];
    this.#bufferedLength = 0;
    try {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(this.#file, bytes, written);
      }
    } catch (cause) {
      this.#end();
      const { message } = cause as Error;
      this.#onFailure(
        new RecordingError(this.path, `cannot write to the file: ${message}`, { cause }),
      );
    }
  }
}
