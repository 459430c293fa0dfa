import { LineSplitter } from "./lineSplitter.js";

/**
 * The lines of standard input, to its end, or until the signal aborts. What is not asked for yet is
 * not read: whoever writes has to wait.
 */
export async function* standardInputLines(signal: AbortSignal): AsyncGenerator<Iterable<Buffer>> {
  const { stdin } = process;
  const stop = () => stdin.destroy();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  const splitter = new LineSplitter();
  try {
    for await (const chunk of stdin) yield splitter.push(chunk as Buffer);
  } catch (error) {
    // Of the end that we made ourselves: what came before it counts.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  yield splitter.end();
}
