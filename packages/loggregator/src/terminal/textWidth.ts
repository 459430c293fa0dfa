import stringWidth from "string-width";

/** How many columns of a terminal the text takes. Those of East Asia and pictures take two each. */
export function textWidth(text: string): number {
  return isAscii.test(text) ? text.length : stringWidth(text);
}

/** The text, filled up with spaces to so many columns. */
export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(columns - textWidth(text), 0));
}

/** As much of the text as goes into so many columns; where that is not all, it ends in "…". */
export function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 1) return "";
  let width = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    width += textWidth(segment);
    if (width > columns - 1) return `${text.slice(0, index)}…`;
  }
  return text;
}

/** Most text. */
const isAscii = /^[\x20-\x7e]*$/;

const graphemes = new Intl.Segmenter();
