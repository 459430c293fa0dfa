/** The maximum length of URLs in messages: queries can have 1 MiB. */
const maxLength = 200;

/** Formats a request's URL for messages. */
export function shortUrl(url: string): string {
  return url.length <= maxLength ? url : `${url.slice(0, maxLength)}… (${url.length} characters)`;
}
