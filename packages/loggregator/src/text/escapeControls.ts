// Control characters, line and paragraph separators, and characters that reverse the direction.
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/**
 * Escapes every character that a terminal would interpret instead of displaying: an envelope must
 * not move the cursor, change colours, or look like another line. A tab becomes four spaces.
 */
export function escapeControls(text: string): string {
  // Most text has none, and a search is much faster than a replacement.
  return text.search(unsafe) === -1 ? text : text.replace(unsafe, escaped);
}

/** Like `escapeControls`, for text of several lines: line ends and tabs are kept. */
export function escapeControlsInLines(text: string): string {
  return text.search(unsafe) === -1
    ? text
    : text.replace(unsafe, (character) =>
        character === "\n" || character === "\t" ? character : escaped(character),
      );
}

/**
 * Like `escapeControls`, for JSON, whose value does not change. JSON itself escapes only some of
 * them.
 */
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
