import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Collects all garbage of this process at once. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}

/**
 * Returns the number of open sockets, servers and child processes. Timers are not counted, as they
 * come and go.
 */
export function openHandles(): number {
  return process.getActiveResourcesInfo().filter((type) => /TCP|TLS|UDP|Process|Pipe/.test(type))
    .length;
}
