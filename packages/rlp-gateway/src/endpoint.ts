/**
 * The address of a server as options give it, without a slash at its end.
 *
 * @throws TypeError or RangeError for what is no such address. A user name or password in it is
 *   not repeated in the message.
 */
export function endpointUrl(name: string, value: string | URL): string {
  if (typeof value !== "string" && !(value instanceof URL)) {
    throw new TypeError(`${name}: expected an http or https URL, got ${String(value)}`);
  }
  const text = String(value);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) {
    throw new RangeError(
      `${name}: expected a URL without user name and password (of ${url.host}); give a token instead`,
    );
  }
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new TypeError(`${name}: expected an http or https URL, got ${JSON.stringify(text)}`);
  }
  if (url.search || url.hash) {
    throw new RangeError(
      `${name}: expected a URL without query and fragment, got ${JSON.stringify(url.origin + url.pathname)} with one`,
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}
