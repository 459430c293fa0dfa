import { styleText } from "node:util";

export type Style =
  | "blue"
  | "bold"
  | "cyan"
  | "gray"
  | "green"
  | "inverse"
  | "magenta"
  | "red"
  | "yellow";

/** Applies a style to text, or returns the text unchanged. */
export type Paint = (style: Style, text: string) => string;

/** When to use colors. */
export const colorModes = ["auto", "always", "never"] as const;

export type ColorMode = (typeof colorModes)[number];

/**
 * By default, paints on terminals only, and not if `NO_COLOR` (https://no-color.org) is set.
 */
export function paintFor(stream: { readonly isTTY?: boolean }, mode: ColorMode = "auto"): Paint {
  if (!isColored(stream, mode)) {
    return (_, text) => text;
  }
  return (style, text) => styleText(style, text, { validateStream: false });
}

/** Whether a stream gets colors. */
export function isColored(stream: { readonly isTTY?: boolean }, mode: ColorMode = "auto"): boolean {
  const { NO_COLOR, TERM } = process.env;
  return mode === "auto"
    ? stream.isTTY === true && !NO_COLOR && TERM !== "dumb"
    : mode === "always";
}
