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
  const { NO_COLOR, TERM } = process.env;
  const isColored =
    mode === "auto" ? stream.isTTY && !NO_COLOR && TERM !== "dumb" : mode === "always";
  if (!isColored) {
    return (_, text) => text;
  }
  return (style, text) => styleText(style, text, { validateStream: false });
}
