// How Markdown becomes HTML: as on GitHub, with links to other documents leading to their pages.
import { posix } from "node:path";
import { repository } from "./pages.mjs";

/**
 * A plugin for markdown-it. The environment of a document has its `source`, its `address`, and
 * `addresses`, those of all documents by source.
 */
export function siteMarkdown(md) {
  md.core.ruler.push("site", ({ tokens, env }) => {
    const used = new Map();
    for (const [index, token] of tokens.entries()) {
      if (token.type === "heading_open") {
        const heading = tokens[index + 1];
        token.attrSet("id", takeAnchor(tokens, index) ?? uniqueSlug(textOf(heading), used));
      }
      for (const child of token.children ?? []) {
        const name = child.type === "image" ? "src" : "href";
        const target = child.attrGet(name);
        if (target !== null) {
          child.attrSet(name, addressOnSite(target, env));
        }
      }
    }
  });
  shorten(md);
  // Wide tables and code scroll by themselves, also with the keyboard.
  md.renderer.rules.table_open = () => '<div class="table" tabindex="0"><table>';
  md.renderer.rules.table_close = () => "</table></div>";
  md.renderer.rules.fence = (tokens, index) => {
    const { content, info } = tokens[index];
    const style = info === "error" ? ' class="error"' : "";
    return `<pre${style} tabindex="0"><code>${markComments(escapeText(content), info)}</code></pre>\n`;
  };
  // Comments are for the checks of the documents.
  md.renderer.rules.html_block = (tokens, index) =>
    tokens[index].content.replace(/<!--.*?-->\s*/gs, "");
}

/** Omits optional HTML, which is a tenth of the guides. */
function shorten(md) {
  const { rules } = md.renderer;
  for (const name of ["td", "th", "tr", "thead", "tbody", "list_item"]) {
    rules[`${name}_close`] = () => "";
  }
  for (const name of ["td", "th"]) {
    rules[`${name}_open`] = (tokens, index) => {
      const [, align] = /text-align:(\w)/.exec(tokens[index].attrGet("style") ?? "") ?? [];
      return align === undefined ? `<${name}>` : `<${name} class=${align}>`;
    };
  }
  rules.text = (tokens, index) => escapeText(tokens[index].content);
  rules.code_inline = (tokens, index) => `<code>${escapeText(tokens[index].content)}</code>`;
}

/** Escapes text between tags, where quotes need not be escaped. */
function escapeText(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Returns the anchor that GitHub generates for a heading. */
export function slug(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");
}

/** A paragraph with TypeDoc's anchor precedes each of its headings, which takes the anchor. */
function takeAnchor(tokens, index) {
  const [opening, anchor, closing] = tokens.slice(Math.max(0, index - 3), index);
  const [, id] = /^<a id="([^"]*)"><\/a>$/.exec(anchor?.content ?? "") ?? [];
  if (id !== undefined) {
    anchor.children = [];
    opening.hidden = true;
    closing.hidden = true;
  }
  return id;
}

function uniqueSlug(heading, used) {
  const id = slug(heading);
  const count = used.get(id) ?? 0;
  used.set(id, count + 1);
  return count === 0 ? id : `${id}-${count}`;
}

function textOf({ children }) {
  return children
    .filter(({ type }) => type === "text" || type === "code_inline")
    .map(({ content }) => content)
    .join("");
}

function addressOnSite(target, { source, address, addresses, images }) {
  if (/^[a-z]+:|^#/.test(target)) {
    return target;
  }
  const [path, anchor] = target.split("#");
  const from = path.startsWith("/") ? "" : posix.dirname(source);
  const file = posix.join(from, path).replace(/^\/|\/$/g, "");
  const page = addresses.get(file) ?? addresses.get(`${file}/README.md`);
  const end = anchor === undefined ? "" : `#${anchor}`;
  if (page !== undefined) {
    return posix.relative(posix.dirname(address), page) + end;
  }
  if (images.has(file)) {
    return posix.relative(posix.dirname(address), posix.basename(file));
  }
  return `${repository}/blob/main/${file}${end}`;
}

function markComments(html, info) {
  if (/^(ts|js|go|json)/.test(info)) {
    return html.replace(/(^|\s)(\/\/ .*)$/gm, "$1<i>$2</i>");
  }
  return /^(sh|bash|yaml|yml|erb)/.test(info)
    ? html.replace(/(^|\s)(# .*)$/gm, "$1<i>$2</i>")
    : html;
}
