import { splitColors } from "../text/colors.js";
import { escapeControls } from "../text/escapeControls.js";
import type { Paint, Style } from "./paint.js";

/** How `styledText` styles. */
export interface TextStyle {
  readonly paint: Paint;
  /** Whether the colours that an app wrote are kept. Otherwise they are removed. */
  readonly keepColors: boolean;
  /** The style of text without colours of its own. */
  readonly style?: Style | undefined;
  /** Text to highlight, with the flag g. */
  readonly highlight?: RegExp | undefined;
}

const reset = "\x1b[0m";

/**
 * Text of an envelope for a terminal: with the colours of the app, highlighted, and with all other
 * control characters escaped.
 */
export function styledText(text: string, options: TextStyle): string {
  const { paint, keepColors, style, highlight } = options;
  const { visible, colors } = visibleText(text);
  const highlighted = highlight === undefined ? [] : rangesOf(visible, highlight);
  const kept = keepColors ? colors : [];
  if (kept.length === 0 && highlighted.length === 0) {
    return style === undefined ? visible : paint(style, visible);
  }
  let result = "";
  let at = 0;
  const sequences = [...kept];
  /** Appends the text up to a position, with the app's colour sequences in it. */
  const append = (end: number, paintPart: (part: string) => string) => {
    while (at < end) {
      while (sequences[0] !== undefined && sequences[0].at <= at) {
        result += sequences.shift()?.sequence;
      }
      const next = Math.min(end, sequences[0]?.at ?? end);
      result += paintPart(visible.slice(at, next));
      at = next;
    }
  };
  for (const { start, end } of highlighted) {
    append(start, (part) => part);
    append(end, (part) => paint("inverse", part));
  }
  append(visible.length, (part) => part);
  if (kept.length > 0) {
    return result + reset;
  }
  return style === undefined ? result : paint(style, result);
}

interface Visible {
  readonly visible: string;
  /** The colours, by their position in the visible text. */
  readonly colors: readonly { readonly at: number; readonly sequence: string }[];
}

function visibleText(text: string): Visible {
  let visible = "";
  const colors = [];
  for (const { text: part, sequence } of splitColors(text)) {
    visible += escapeControls(part);
    if (sequence !== undefined) {
      colors.push({ at: visible.length, sequence });
    }
  }
  return { visible, colors };
}

function rangesOf(text: string, pattern: RegExp): { start: number; end: number }[] {
  const ranges = [];
  for (const match of text.matchAll(pattern)) {
    if (match[0] !== "") {
      ranges.push({ start: match.index, end: match.index + match[0].length });
    }
  }
  return ranges;
}
