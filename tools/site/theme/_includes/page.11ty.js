/** The layout of all pages. They have no scripts, except for the search page. */
export function render({ title, content, navigation, address, scripts = [] }) {
  const root = address.includes("/") ? "../" : "";
  const style = `<link rel="stylesheet" href="${root}style.css">`;
  const tags = scripts.map((script) => `<script defer src="${root}${script}"></script>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title === home ? title : `${escapeHtml(title)} · ${home}`}</title>
<link rel="icon" href="data:,">
${[style, ...tags].join("\n")}
<header>
<a class="home" href="${root}index.html">${home}</a>
<a class="menu" href="#pages">Pages</a>
<form role="search" action="${root}search.html"><input type="search" name="q" aria-label="Search" placeholder="Search"><button>Search</button></form>
</header>
<main>${content.replace("</h1>", `</h1>${contents(content)}`)}</main>
<nav id="pages" aria-label="Pages">${navigation
    .map(({ title: heading, pages }) => `<h2>${heading}</h2>${links(pages, root, address)}`)
    .join("")}</nav>
</html>
`;
}

const home = "Loggregator for TypeScript";

function links(pages, root, here) {
  const items = pages.map(({ address, label }) => {
    const current = address === here ? ' aria-current="page"' : "";
    return `<li><a href="${root}${address}"${current}>${escapeHtml(label)}</a>`;
  });
  return `<ul>${items.join("")}</ul>`;
}

/** Links to the headings of a page, if it has several. */
function contents(content) {
  const headings = [...content.matchAll(/<h2 id="([^"]*)">(.*?)<\/h2>/gs)];
  if (headings.length < 3) {
    return "";
  }
  const items = headings.map(
    ([, id, text]) => `<li><a href="#${id}">${text.replace(/<\/?a[^>]*>/g, "")}</a>`,
  );
  return `<details class="contents"><summary>On this page</summary><ul>${items.join("")}</ul></details>`;
}

function escapeHtml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
