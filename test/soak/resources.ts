import { collectGarbage, openHandles } from "@loggregator/testing";

/** The resources that the process holds. */
export interface Resources {
  /** Sockets, servers and processes; timers come and go. */
  readonly handles: number;
  /** The memory in use by the heap and by buffers. */
  readonly memoryMiB: number;
}

export function resources(): Resources {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { handles: openHandles(), memoryMiB: (heapUsed + arrayBuffers) / 2 ** 20 };
}
