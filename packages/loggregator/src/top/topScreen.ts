import type { Output } from "../terminal/output.js";
import { paintFor } from "../terminal/paint.js";
import type { TopSnapshot } from "./counts/tally.js";
import { FullScreen } from "./fullScreen.js";
import type { Notice } from "./notice.js";
import type { SortKey } from "./screens/sortKey.js";
import { TopView } from "./screens/topView.js";

export interface TopScreenOptions {
  /** The name of the source. */
  readonly source: string;
  readonly sort: SortKey;
  readonly notice: Notice;
  /** When reading began, by the monotonic clock in milliseconds. */
  readonly started: number;
  /** Called when the user quits. */
  readonly onQuit: () => void;
}

/** The terminal's screen with the counts, which keys control. */
export class TopScreen implements Disposable {
  readonly #stdout: Output;
  readonly #options: TopScreenOptions;
  readonly #view: TopView;
  readonly #screen: FullScreen;
  readonly #paint = paintFor(process.stdout);

  constructor(stdout: Output, snapshot: TopSnapshot, options: TopScreenOptions) {
    this.#stdout = stdout;
    this.#options = options;
    this.#view = new TopView(snapshot, options.sort);
    this.#screen = new FullScreen(stdout, {
      onKey: (key) => this.#press(key),
      onResize: () => void this.show(),
    });
  }

  /** Draws the screen. */
  async show(): Promise<void> {
    const { source, notice, started } = this.#options;
    await this.#screen.draw(
      this.#view.lines({
        ...this.#stdout.size,
        paint: this.#paint,
        source,
        seconds: (performance.now() - started) / 1000,
        notice: notice.text,
      }),
    );
  }

  /** Shows new counts. */
  async update(snapshot: TopSnapshot): Promise<void> {
    this.#view.update(snapshot);
    await this.show();
  }

  [Symbol.dispose](): void {
    this.#screen[Symbol.dispose]();
  }

  #press(key: string): void {
    if (this.#view.press(key)) {
      void this.show();
    } else {
      this.#options.onQuit();
    }
  }
}
