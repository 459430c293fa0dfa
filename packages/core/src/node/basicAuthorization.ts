/**
 * Returns the header for the user and the password of a URL, in basic authentication (RFC 7617).
 * Undefined if the URL has neither.
 */
export function basicAuthorization({
  username,
  password,
}: Pick<URL, "username" | "password">): string | undefined {
  if (username === "" && password === "") {
    return undefined;
  }
  const credentials = `${decodePercents(username)}:${decodePercents(password)}`;
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

function decodePercents(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
