import { readFileSync } from "node:fs";

/** Clock ticks per second, the same on every Linux that Node.js supports. */
const ticksPerSecond = 100;

/** Returns the CPU time that a process has used so far, in seconds; undefined if there is no /proc. */
export function processCpuSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before it, in parentheses, can contain any characters.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
