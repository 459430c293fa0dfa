/** How many columns of a terminal the text takes. Those of East Asia and pictures take two each. */
export function textWidth(text: string): number {
  if (isNarrow.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
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
  let end = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    end += character.length;
  }
  return `${text.slice(0, end)}…`;
}

/** Most text: nothing but characters of the Latin, Greek and Cyrillic alphabets and the like. */
const isNarrow = /^[\u0020-\u02ff\u0370-\u0482\u2010-\u2027]*$/;

const none = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const two =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

function characterWidth(character: string): number {
  if (none.test(character)) return 0;
  return two.test(character) ? 2 : 1;
}
