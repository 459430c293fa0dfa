// Builds the documentation site into dist/site: guides, reference, a page per package with its
// README and the API reference, and a search that works offline. Exits with 1 if a link is broken,
// an export has no documentation, or the site is too large.
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import Eleventy from "@11ty/eleventy";
import { rolldown } from "rolldown";
import { apiPages } from "./apiPages.mjs";
import { linkFaults } from "./linkFaults.mjs";
import { siteMarkdown, slug } from "./markdown.mjs";
import { addressOf, collections, images, sections } from "./pages.mjs";
import { packTexts } from "./searchTexts.mjs";

/** Maximum size of the site in bytes, without the API reference. */
const maxSize = 300_000;

const root = fileURLToPath(new URL("../..", import.meta.url));
const theme = fileURLToPath(new URL("theme", import.meta.url));
const output = join(root, "dist/site");

const api = await apiPages(root);
const documents = sections.flatMap(({ sources }) =>
  sources.map((source) => ({
    source,
    address: addressOf(source),
    text: [source, ...partsOf(source)].map(textOf).join("\n"),
  })),
);
const search = {
  source: "search.md",
  address: "search.html",
  text: readFileSync(fileURLToPath(new URL("search.md", import.meta.url)), "utf8"),
  scripts: ["search-texts.js", "api/search-texts.js", "search.js"],
};
const pages = [...documents, search, ...api.pages].map((page) => ({
  ...page,
  title: titleOf(page.text) ?? page.address,
}));
const addresses = new Map([
  ...pages.map(({ source, address }) => [source, address]),
  ...collections.flatMap((source) =>
    partsOf(source).map((part) => [part, `${addressOf(source)}#${slug(titleOf(textOf(part)))}`]),
  ),
]);

rmSync(output, { recursive: true, force: true });
await writePages();
for (const file of [join(theme, "style.css"), ...images.map((image) => join(root, image))]) {
  copyFileSync(file, join(output, basename(file)));
}
await writeSearch();

const size = sizeOf(output);
const faults = [...api.faults, ...linkFaults(output)];
if (size > maxSize) {
  faults.push(`the site without the API reference has ${size} bytes, more than ${maxSize}`);
}
console.log(`dist/site: ${pages.length} pages, ${size} bytes without the API reference`);
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exitCode = 1;
}

/** Returns the sources of a page's sections, if it is a collection. */
function partsOf(source) {
  if (!collections.includes(source)) {
    return [];
  }
  const folder = posix.dirname(source);
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md") && name !== posix.basename(source))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .map((name) => posix.join(folder, name));
}

/** Returns the text of a document. The headings of a part are one level lower than its page's. */
function textOf(source) {
  const text = readFileSync(join(root, source), "utf8");
  const isPart = collections.some((page) => partsOf(page).includes(source));
  return isPart ? text.replace(/^(?=#+ )/gm, "#") : text;
}

function titleOf(text) {
  return /^#+ (.*)$/m.exec(text)?.[1];
}

async function writePages() {
  // Eleventy reads its templates from this folder, and its data from the pages.
  process.chdir(theme);
  const eleventy = new Eleventy(".", output, {
    quietMode: true,
    configPath: false,
    config(config) {
      config.setUseGitIgnore(false);
      config.amendLibrary("md", (md) => md.use(siteMarkdown));
      config.addGlobalData("layout", "page.11ty.js");
      config.addGlobalData("navigation", navigation());
      config.addGlobalData("addresses", () => addresses);
      config.addGlobalData("images", () => new Set(images));
      for (const { text, ...data } of pages) {
        config.addTemplate(`${data.address.replace(/\.html$/, "").replaceAll("/", "-")}.md`, text, {
          ...data,
          permalink: data.address,
          templateEngineOverride: "md",
        });
      }
    },
  });
  await eleventy.write();
}

function navigation() {
  const label = ({ address, title }) => (address === "index.html" ? "Overview" : title);
  return [
    ...sections.map(({ title, sources }) => ({
      title,
      pages: pages
        .filter(({ source }) => sources.includes(source))
        .map((page) => ({ address: page.address, label: label(page) })),
    })),
    { title: "Packages", pages: [{ address: "api/index.html", label: "API reference" }] },
  ];
}

/** Writes the texts of all sections, and the script of the search page with its library. */
async function writeSearch() {
  const html = ({ address }) => readFileSync(join(output, address), "utf8");
  const texts = (list) => packTexts(list.map((page) => ({ ...page, html: html(page) })));
  const packed = (inFolder) =>
    texts(pages.filter(({ inReference = false }) => inReference === inFolder));
  writeFileSync(join(output, "search-texts.js"), packed(false));
  writeFileSync(join(output, "api/search-texts.js"), packed(true));
  const build = await rolldown({ input: join(theme, "search.js"), platform: "browser" });
  await build.write({ file: join(output, "search.js"), format: "iife", minify: true });
  await build.close();
}

function sizeOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { name }) => sum + statSync(join(folder, name)).size, 0);
}
