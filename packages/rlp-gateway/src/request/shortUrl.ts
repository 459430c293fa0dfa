/** Queries can be as long as 1 MiB: messages show the beginning. */
const maxLength = 200;

/** A request's URL as messages show it. */
export function shortUrl(url: string): string {
  return url.length <= maxLength ? url : `${url.slice(0, maxLength)}… (${url.length} characters)`;
}
