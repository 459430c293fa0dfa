// Control characters, line and paragraph separators, and characters that reverse the direction.
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/**
 * Escapes every character that a terminal would obey instead of show: an envelope must not move the
 * cursor, change colors, or look like another line. A tab becomes four spaces.
 */
export function escapeControls(text: string): string {
  // Most text has none, and a search is much cheaper than a replacement of nothing.
  return text.search(unsafe) === -1 ? text : text.replace(unsafe, escaped);
}

/** The same for text in several lines: line ends and tabs stay. */
export function escapeControlsInLines(text: string): string {
  return text.search(unsafe) === -1
    ? text
    : text.replace(unsafe, (character) =>
        character === "\n" || character === "\t" ? character : escaped(character),
      );
}

/** The same for JSON text, whose value stays the same. JSON itself escapes only some of them. */
export function escapeControlsInJson(json: string): string {
  return json.search(unsafe) === -1
    ? json
    : json.replace(unsafe, (character) => `\\u${hex(character).padStart(4, "0")}`);
}

function escaped(character: string): string {
  switch (character) {
    case "\t":
      return "    ";
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    default: {
      const code = hex(character);
      return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
    }
  }
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16);
}
