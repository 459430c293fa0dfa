import stringWidth from "string-width";

/** Returns the width of text in terminal columns. East Asian characters and emoji take two each. */
export function textWidth(text: string): number {
  return isAscii.test(text) ? text.length : stringWidth(text);
}

/** Pads the text with spaces to a number of columns. */
export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(columns - textWidth(text), 0));
}

/** The part of the text that fits into a number of columns; "…" at the end if it is cut. */
export function cut(text: string, columns: number): string {
  if (columns < 1) {
    return "";
  }
  if (text.length <= columns && isAscii.test(text)) {
    return text;
  }
  // Measuring is slow. Most texts are cut within their first part.
  for (let length = 4 * columns; ; length *= 4) {
    const end = endOf(text.slice(0, length), columns);
    if (end !== undefined) {
      return `${text.slice(0, end)}…`;
    }
    if (length >= text.length) {
      return text;
    }
  }
}

/** Returns the position at which to cut text that exceeds a number of columns, with room for "…". */
function endOf(text: string, columns: number): number | undefined {
  let width = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    width += textWidth(segment);
    if (width > columns) {
      return end;
    }
    if (width < columns) {
      end = index + segment.length;
    }
  }
  return undefined;
}

/** Most text is ASCII. */
const isAscii = /^[\x20-\x7e]*$/;

const graphemes = new Intl.Segmenter();
