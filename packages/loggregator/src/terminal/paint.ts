import { styleText } from "node:util";

type Style = "bold" | "cyan" | "gray" | "green" | "red" | "yellow";

/** Applies a style to text, or returns the text unchanged. */
export type Paint = (style: Style, text: string) => string;

/** Paints on terminals only, and not if `NO_COLOR` (https://no-color.org) is set. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const { NO_COLOR, TERM } = process.env;
  if (!stream.isTTY || NO_COLOR || TERM === "dumb") return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}
