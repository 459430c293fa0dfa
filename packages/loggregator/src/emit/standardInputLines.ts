import { onAbort } from "@loggregator/core";
import { LineSplitter } from "./lineSplitter.js";

/**
 * Reads the lines of standard input, a chunk at a time, until its end or until the signal aborts.
 * Nothing is read ahead, so a slow consumer blocks the writer.
 */
export async function* standardInputLines(signal: AbortSignal): AsyncGenerator<Iterable<Buffer>> {
  const { stdin } = process;
  const removeOnAbort = onAbort(signal, () => stdin.destroy());
  const splitter = new LineSplitter();
  try {
    for await (const chunk of stdin) {
      yield splitter.push(chunk as Buffer);
    }
  } catch (error) {
    // Destroying the stream ends the loop with an error. The lines before it are valid.
    if (!signal.aborted) {
      throw error;
    }
  } finally {
    removeOnAbort();
  }
  yield splitter.end();
}
