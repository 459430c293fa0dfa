import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** The resources that the process holds. */
export interface Resources {
  /** Sockets, servers and processes; timers come and go. */
  readonly handles: number;
  /** The memory in use by the heap and by buffers. */
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
