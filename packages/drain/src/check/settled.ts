import type { Duplex } from "node:stream";
import { StallTimer } from "@loggregator/core";

/**
 * Resolves to `event` when the stream emits it; otherwise to its error, to `"closed"` when it ends or
 * closes, or to `"timeout"`.
 */
export function settled<E extends string>(
  stream: Duplex,
  event: E,
  timeoutMs: number,
): Promise<E | Error | "closed" | "timeout"> {
  return new Promise((resolve) => {
    const settle = (result: E | Error | "closed" | "timeout") => {
      timer.stop();
      stream.off(event, onEvent).off("error", settle).off("close", onClose).off("end", onClose);
      // Without a listener, a later error would end the process.
      if (stream.listenerCount("error") === 0) {
        stream.on("error", () => {});
      }
      resolve(result);
    };
    const onEvent = () => settle(event);
    const onClose = () => settle("closed");
    const timer = new StallTimer(timeoutMs, () => settle("timeout"));
    timer.start();
    stream.once(event, onEvent).once("error", settle).once("close", onClose).once("end", onClose);
  });
}
