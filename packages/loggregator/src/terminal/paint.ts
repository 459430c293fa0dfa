import { styleText } from "node:util";

type Style = "bold" | "cyan" | "gray" | "green" | "red" | "yellow";

/** Gives text a style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Paints on terminals alone, and not where `NO_COLOR` (https://no-color.org) asks for none. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const { NO_COLOR, TERM } = process.env;
  if (!stream.isTTY || NO_COLOR || TERM === "dumb") return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}
