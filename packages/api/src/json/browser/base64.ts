// Browser replacement for `../base64.ts`, based on `atob` and `btoa`: a third of the code.

/** Encodes bytes as base64. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Decodes base64. Returns undefined if the text is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  // `atob` accepts spaces, but neither "-" nor "_".
  if (!/^(?:[\w-]*|[A-Za-z\d+/]*)=*$/.test(text)) {
    return undefined;
  }
  try {
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < bytes.length; at++) {
      bytes[at] = binary.charCodeAt(at);
    }
    return bytes;
  } catch {
    return undefined;
  }
}
