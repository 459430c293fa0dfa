import type { Entry } from "../../read/entries/entryJoiner.js";

/** Turns entries into the output of a command. */
export interface Printer {
  /** Returns the lines of an entry, with their line ends. */
  print(entry: Entry): string;
}
