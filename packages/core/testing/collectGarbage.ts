import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Collects garbage until the reference is cleared, and returns whether it was within a few rounds. */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let round = 0; round < 20; round++) {
    await collectGarbage();
    if (reference.deref() === undefined) {
      return true;
    }
  }
  return false;
}

/** Collects garbage once, in a turn of its own: a WeakRef lives to the end of the turn that made it. */
export async function collectGarbage(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  collect();
}
