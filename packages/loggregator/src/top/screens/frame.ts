import type { Paint } from "../../terminal/paint.js";
import { cut, padEnd, textWidth } from "../../terminal/textWidth.js";

/** The state that a screen shows in addition to the counts. */
export interface ScreenFrame {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  /** The address of the source. */
  readonly source: string;
  readonly seconds: number;
  /** A message that replaces the last line. */
  readonly notice: string | undefined;
}

/** Pads or cuts to a width. */
export function fitLeft(text: string, width: number): string {
  return padEnd(cut(text, width), width);
}

/** Pads or cuts to a width, with the text at the right. */
export function fitRight(text: string, width: number): string {
  const shown = cut(text, width);
  return " ".repeat(Math.max(width - textWidth(shown), 0)) + shown;
}

/** Lines with a footer in the last row. */
export function filled(lines: readonly string[], rows: number, footer: string): string[] {
  const shown = lines.slice(0, rows - 1);
  return [...shown, ...Array.from({ length: rows - 1 - shown.length }, () => ""), footer];
}
