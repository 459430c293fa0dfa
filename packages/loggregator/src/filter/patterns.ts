/** Matches text that contains a part, without regard to case. */
export function containing(part: string): RegExp {
  return new RegExp(literal(part), "iu");
}

/** Matches exactly this text. */
export function exactly(text: string, flags = "u"): RegExp {
  return new RegExp(`^${literal(text)}$`, flags);
}

/**
 * Matches text that a regular expression matches as a whole.
 *
 * @throws SyntaxError if it is not a regular expression.
 */
export function whole(source: string, flags = "u"): RegExp {
  // Checked separately: inside parentheses, ")|(" would be valid.
  new RegExp(source, flags);
  return new RegExp(`^(?:${source})$`, flags);
}

/**
 * Matches whole names of apps: a name, or a regular expression, also between slashes as in filters.
 *
 * @throws SyntaxError if it is not a regular expression.
 */
export function appPattern(argument: string): RegExp {
  const [, source = argument, ignoreCase = ""] = /^\/(.+)\/(i?)$/.exec(argument) ?? [];
  return whole(source, `${ignoreCase}u`);
}

/** A regular expression that matches the text literally. */
export function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
