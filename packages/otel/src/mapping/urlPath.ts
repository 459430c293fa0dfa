/**
 * Returns the decoded path of a URL or of a reference such as `/cart?id=1`, as Go's `url.Parse` finds
 * it, or undefined if Go rejects the text. A forwarder agent names spans by it.
 */
export function urlPath(text: string): string | undefined {
  if (hasControlCharacter(text)) {
    return undefined;
  }
  const [reference = "", fragment = ""] = split(text, "#");
  if (decodePercent(fragment) === undefined) {
    return undefined;
  }
  const scheme = /^[a-z][a-z\d+.-]*:/i.exec(reference)?.[0] ?? "";
  // "missing protocol scheme"
  if (reference.startsWith(":")) {
    return undefined;
  }
  const [hierarchy = ""] = split(reference.slice(scheme.length), "?");
  if (!hierarchy.startsWith("/")) {
    if (scheme !== "") {
      // An opaque URL, such as `mailto:someone`.
      return "";
    }
    // "first path segment in URL cannot contain colon"
    return split(hierarchy, "/")[0].includes(":") ? undefined : decodePercent(hierarchy);
  }
  if (!hierarchy.startsWith("//") || (scheme === "" && hierarchy.startsWith("///"))) {
    return decodePercent(hierarchy);
  }
  const [authority = ""] = split(hierarchy.slice(2), "/");
  return isAuthority(authority) ? decodePercent(hierarchy.slice(2 + authority.length)) : undefined;
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) {
      return true;
    }
  }
  return false;
}

function split(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Returns the text without percent-encoding, or undefined if an escape is malformed. */
function decodePercent(text: string): string | undefined {
  // Most paths: ASCII without escapes.
  if (/^[^%\x80-\uffff]*$/.test(text)) {
    return text;
  }
  if (/%(?![\da-f]{2})/i.test(text)) {
    return undefined;
  }
  const bytes: number[] = [];
  const encoded = new TextEncoder().encode(text);
  for (let i = 0; i < encoded.length; i++) {
    const byte = encoded[i] as number;
    if (byte === 0x25) {
      bytes.push(Number.parseInt(String.fromCharCode(...encoded.subarray(i + 1, i + 3)), 16));
      i += 2;
    } else {
      bytes.push(byte);
    }
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/** Checks user information, host and port, with the characters that Go permits in each. */
function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@");
  const user = authority.slice(0, Math.max(at, 0));
  const host = authority.slice(at + 1);
  if (!/^(?:[\w.~:!$&'()*+,;=@-]|%[\da-f]{2})*$/i.test(user)) {
    return false;
  }
  return host.startsWith("[")
    ? /^\[[^\]\s]*\](?::\d*)?$/.test(host)
    : /^[^\s%\\^`{|}/?#[\]:]*(?::\d*)?$/.test(host);
}
