// The texts that the search finds, as a script, because a page of a folder must not fetch files.
import { gzipSync } from "node:zlib";

/** Texts about single symbols are truncated: their names and first sentences suffice. */
const maxSymbolText = 240;

/** Returns a script that adds the sections of the pages to `searchTexts`, compressed. */
export function packTexts(pages) {
  const sections = pages.flatMap(sectionsOf);
  const packed = gzipSync(JSON.stringify(sections), { level: 9 }).toString("base64");
  return `(globalThis.searchTexts ??= []).push("${packed}");\n`;
}

/** Returns the sections of a page, each as its address, the page's title, its heading, its text. */
export function sectionsOf({ address, title, html, symbols = false }) {
  const main = /<main>(.*)<\/main>/s.exec(html)?.[1] ?? "";
  // Code is not searched, except for quoted errors: readers search for words, and the results show
  // them.
  const body = main
    .replace(/<details class="contents">.*?<\/details>/s, "")
    .replace(/<pre tabindex.*?<\/pre>/gs, "");
  return body.split(/(?=<h[1-4] id=")/).flatMap((part) => {
    const [heading, id, inner] = /^<h[1-4] id="([^"]*)"[^>]*>(.*?)<\/h/s.exec(part) ?? [];
    if (heading === undefined) {
      return [];
    }
    const text = textOf(part.slice(heading.length + 3));
    const name = textOf(inner);
    const target = name === title ? address : `${address}#${id}`;
    return [[target, title, name, symbols ? text.slice(0, maxSymbolText) : text]];
  });
}

function textOf(html) {
  return html
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ")
    .trim();
}
