// Control characters, line and paragraph separators, and what turns the direction of text around.
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/**
 * The text with everything spelled out that a terminal would obey instead of show: an envelope must
 * not move the cursor, change colours, or pass for a line of its own. A tab becomes four spaces.
 */
export function escapeControls(text: string): string {
  // Most text has none, and a search is a good deal cheaper than to replace nothing.
  return text.search(unsafe) === -1 ? text : text.replace(unsafe, spelledOut);
}

/** The same for JSON text, which still means the same afterwards. JSON itself escapes only some. */
export function escapeControlsInJson(json: string): string {
  return json.search(unsafe) === -1
    ? json
    : json.replace(unsafe, (character) => `\\u${hex(character).padStart(4, "0")}`);
}

function spelledOut(character: string): string {
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
