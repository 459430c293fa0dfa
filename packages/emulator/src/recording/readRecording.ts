import { createReadStream } from "node:fs";
import { type Envelope, parseEnvelopeBatch } from "@loggregator/api";
import { RecordingError } from "./errors.js";

/** The longest line: an envelope of the largest message, as base64. */
const maxLineLength = 32 * 1024 * 1024;

/**
 * Reads the envelopes of a recording, no faster than they are consumed.
 *
 * @param onIncomplete Called if the last line is not complete, as after an interrupted recording.
 * @throws RecordingError if the file cannot be read, or a line is not an envelope.
 */
export async function* readRecording(
  path: string,
  onIncomplete: (error: RecordingError) => void,
): AsyncGenerator<Envelope, void, undefined> {
  let number = 0;
  let rest = "";
  for await (const text of readText(path)) {
    const lines = text.split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? "";
    for (const line of lines) {
      number += 1;
      if (line.trim() !== "") {
        yield parseLine(path, number, line);
      }
    }
    if (rest.length > maxLineLength) {
      const message = `the line is longer than ${maxLineLength} characters`;
      throw new RecordingError(path, message, { line: number + 1 });
    }
  }
  if (rest.trim() === "") {
    return;
  }
  let last: Envelope;
  try {
    last = parseLine(path, number + 1, rest);
  } catch (error) {
    // An incomplete object is not valid JSON.
    if (isJson(rest)) {
      throw error;
    }
    onIncomplete(error as RecordingError);
    return;
  }
  yield last;
}

async function* readText(path: string): AsyncGenerator<string, void, undefined> {
  const stream = createReadStream(path, "utf8");
  try {
    yield* stream as AsyncIterable<string>;
  } catch (cause) {
    const { message } = cause as Error;
    throw new RecordingError(path, `cannot read the file: ${message}`, { cause });
  } finally {
    stream.destroy();
  }
}

function parseLine(path: string, line: number, text: string): Envelope {
  let batch: readonly Envelope[];
  try {
    ({ batch } = parseEnvelopeBatch(`{"batch":[${text}]}`));
  } catch (cause) {
    throw new RecordingError(path, (cause as Error).message, { cause, line });
  }
  const [envelope, ...others] = batch;
  if (envelope === undefined || others.length > 0) {
    throw new RecordingError(path, "the line must be one envelope as JSON", { line });
  }
  if (envelope.message === undefined) {
    requireEnvelope(path, line, text);
  }
  return envelope;
}

/**
 * Parsers ignore unknown names, so any object would be an empty envelope. Recorders write all names,
 * also for an envelope without a message.
 *
 * @throws RecordingError if the line is another object.
 */
function requireEnvelope(path: string, line: number, text: string): void {
  const names = Object.keys(JSON.parse(text) as object);
  const has = (...all: readonly string[]) => all.every((name) => names.includes(name));
  if (!has("timestamp", "source_id")) {
    const reason = has("time", "type", "source_id")
      ? "the line was written with --output jsonl; record with --output json"
      : "the line must be an envelope with a log, counter, gauge, timer or event";
    throw new RecordingError(path, reason, { line });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
