const esc = "\x1b";
// Select Graphic Rendition: ESC [ numbers m. The numbers of one sequence are bounded.
const color = new RegExp(`${esc}\\[([\\d;:]{0,32})m`, "g");

/** Removes the colour sequences (SGR) that an app writes, and no other control characters. */
export function stripColors(text: string): string {
  return text.includes(esc) ? text.replace(color, "") : text;
}

/** A part of a text, and the colour sequence after it. */
export interface ColoredPart {
  readonly text: string;
  /** Undefined after the last part, and for sequences that hide text or make it blink. */
  readonly sequence: string | undefined;
}

/** Splits a text at its colour sequences. */
export function splitColors(text: string): ColoredPart[] {
  if (!text.includes(esc)) {
    return [{ text, sequence: undefined }];
  }
  const parts: ColoredPart[] = [];
  let at = 0;
  for (const match of text.matchAll(color)) {
    const [sequence, numbers = ""] = match;
    parts.push({
      text: text.slice(at, match.index),
      sequence: isHarmless(numbers) ? sequence : undefined,
    });
    at = match.index + sequence.length;
  }
  parts.push({ text: text.slice(at), sequence: undefined });
  return parts;
}

/** Whether numbers contain none of 5, 6 (blink) and 8 (conceal), except as part of a colour. */
function isHarmless(numbers: string): boolean {
  const withoutColors = numbers.replace(/\b[345]8[;:](?:5[;:]\d{1,3}|2(?:[;:]\d{0,3}){3,4})/g, "");
  return !/(?:^|;)0*[568](?![\d:])/.test(withoutColors);
}
