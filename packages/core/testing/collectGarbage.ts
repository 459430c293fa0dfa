import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const collect = garbageCollector();

/** Collects garbage for a few rounds and returns whether the reference was cleared. */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let round = 0; round < 20; round++) {
    await collectGarbage();
    if (reference.deref() === undefined) {
      return true;
    }
  }
  return false;
}

/**
 * Collects garbage once, in a separate turn: a WeakRef is valid to the end of the turn that created
 * it.
 */
export async function collectGarbage(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  collect();
}

function garbageCollector(): () => void {
  const { Bun: bun } = globalThis as { Bun?: { gc(synchronous: boolean): void } };
  if (bun !== undefined) {
    return () => bun.gc(true);
  }
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
