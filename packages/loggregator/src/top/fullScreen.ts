import type { Output } from "../terminal/output.js";

// Of the terminal: its other screen, without a cursor and without wrapping of long lines; and back.
const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const home = "\x1b[H";
const clearLine = "\x1b[K";

/** What users do. */
export interface FullScreenEvents {
  /** A key was typed. Ctrl-C interrupts instead. */
  readonly onKey: (key: string) => void;
  /** The terminal has another size. */
  readonly onResize: () => void;
}

/** The terminal's whole screen, drawn in place, and given back when it is disposed of. */
export class FullScreen implements Disposable {
  readonly #stdout: Output;
  readonly #on: FullScreenEvents;
  readonly #restore = () => process.stdout.write(leave);

  constructor(stdout: Output, on: FullScreenEvents) {
    this.#stdout = stdout;
    this.#on = on;
    process.stdout.on("resize", on.onResize);
    process.stdout.write(enter);
    // However the process ends, the user gets the terminal back.
    process.once("exit", this.#restore);
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true);
      process.stdin.on("data", this.#typed);
    }
  }

  async draw(lines: readonly string[]): Promise<void> {
    // Cleared first: after a line as wide as the terminal the cursor is still on its last character.
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
    for (const key of bytes.toString()) {
      // Raw mode hands Ctrl-C over as a character.
      if (key === "\x03") process.kill(process.pid, "SIGINT");
      else this.#on.onKey(key);
    }
  };
}
