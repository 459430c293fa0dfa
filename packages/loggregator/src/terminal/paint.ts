import { styleText } from "node:util";

/** A number of the 256-colour palette. */
export type SourceColor = `color ${number}`;

export type Style = "bold" | "gray" | "green" | "inverse" | "red" | "yellow" | SourceColor;

/** Applies a style to text, or returns the text unchanged. */
export type Paint = (style: Style, text: string) => string;

/** When to use colours. */
export const colorModes = ["auto", "always", "never"] as const;

export type ColorMode = (typeof colorModes)[number];

/**
 * By default, paints on terminals only, and not if `NO_COLOR` (https://no-color.org) is set.
 */
export function paintFor(stream: { readonly isTTY?: boolean }, mode: ColorMode = "auto"): Paint {
  if (!isColored(stream, mode)) {
    return (_, text) => text;
  }
  return (style, text) =>
    isSourceColor(style)
      ? `\x1b[38;5;${style.slice("color ".length)}m${text}\x1b[39m`
      : styleText(style, text, { validateStream: false });
}

function isSourceColor(style: Style): style is SourceColor {
  return style.startsWith("color ");
}

/** Whether a stream gets colours. */
export function isColored(stream: { readonly isTTY?: boolean }, mode: ColorMode = "auto"): boolean {
  const { NO_COLOR, TERM } = process.env;
  return mode === "auto"
    ? stream.isTTY === true && !NO_COLOR && TERM !== "dumb"
    : mode === "always";
}
