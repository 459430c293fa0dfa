const esc = "\x1b";
// Select Graphic Rendition: ESC [ numbers m. The numbers of one sequence are bounded.
const color = new RegExp(`${esc}\\[[\\d;:]{0,32}m`, "g");

/** Removes the color sequences (SGR) that an app writes, and no other control characters. */
export function stripColors(text: string): string {
  return text.includes(esc) ? text.replace(color, "") : text;
}
