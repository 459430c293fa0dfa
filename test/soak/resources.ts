import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What the process holds. */
export interface Resources {
  /** Sockets, servers and processes; timers come and go. */
  readonly handles: number;
  /** Of the heap and of buffers, what is in use. */
  readonly memoryMiB: number;
}

export function resources(): Resources {
  collectGarbage();
  const handles = process
    .getActiveResourcesInfo()
    .filter((type) => /TCP|TLS|UDP|Process|Pipe/.test(type));
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { handles: handles.length, memoryMiB: (heapUsed + arrayBuffers) / 2 ** 20 };
}
