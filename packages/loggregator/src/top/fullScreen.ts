import type { Output } from "../terminal/output.js";
import { keysOf } from "./keysOf.js";

// Switches to the alternate screen, without cursor and line wrapping, and back.
const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const home = "\x1b[H";
const clearLine = "\x1b[K";

/** Events of the terminal. */
export interface FullScreenEvents {
  /** Called for each key. Ctrl-C interrupts instead. */
  readonly onKey: (key: string) => void;
  /** Called when the size of the terminal changes. */
  readonly onResize: () => void;
}

/** The whole screen of the terminal, drawn in place, and restored on disposal. */
export class FullScreen implements Disposable {
  readonly #stdout: Output;
  readonly #on: FullScreenEvents;
  readonly #restore = () => process.stdout.write(leave);

  constructor(stdout: Output, on: FullScreenEvents) {
    this.#stdout = stdout;
    this.#on = on;
    process.stdout.on("resize", on.onResize);
    process.stdout.write(enter);
    // Restores the terminal at any end of the process.
    process.once("exit", this.#restore);
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true);
      process.stdin.on("data", this.#typed);
    }
  }

  async draw(lines: readonly string[]): Promise<void> {
    // Lines are cleared before they are written: after a line of full width, the cursor is on its
    // last character.
    const text = lines.map((line) => clearLine + line).join("\r\n");
    await this.#stdout.write(home + text);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#restore);
    process.stdout.off("resize", this.#on.onResize);
    this.#restore();
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(false);
      process.stdin.off("data", this.#typed);
      process.stdin.pause();
    }
  }

  readonly #typed = (bytes: Buffer): void => {
    for (const key of keysOf(bytes.toString())) {
      // In raw mode, Ctrl-C is a character.
      if (key === "ctrl-c") {
        // On Windows, process.kill would end the process without calling the listeners.
        process.emit("SIGINT", "SIGINT");
      } else {
        this.#on.onKey(key);
      }
    }
  };
}
