// Checks the links of the built site.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** Returns the broken links and images of all pages. */
export function linkFaults(folder) {
  const files = readdirSync(folder, { recursive: true }).map((file) => file.replaceAll("\\", "/"));
  const pages = new Map(
    files
      .filter((file) => file.endsWith(".html"))
      .map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );
  const anchors = new Map(
    [...pages].map(([file, html]) => [
      file,
      new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)),
    ]),
  );
  return [...pages].flatMap(([page, html]) =>
    [...html.matchAll(/ (?:href|src|action)="([^"]*)"/g)].flatMap(([, target]) => {
      if (/^[a-z]+:/.test(target)) {
        return [];
      }
      const [path, anchor] = target.split("#");
      const file = path === "" ? page : posix.join(posix.dirname(page), path);
      if (!files.includes(file)) {
        return [`${page}: no file at the link ${target}`];
      }
      const isThere = anchor === undefined || anchors.get(file)?.has(decodeURI(anchor));
      return isThere ? [] : [`${page}: no heading at the link ${target}`];
    }),
  );
}
