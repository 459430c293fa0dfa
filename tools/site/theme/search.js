// The search page. The texts of all sections are in scripts next to it, compressed, so that the
// search works from a folder as well, where a page must not fetch files.
import MiniSearch from "minisearch";

const maxResults = 30;
const status = document.querySelector("#status");
const list = document.querySelector("#results");
const input = document.querySelector("main input");

// Classic scripts, which work in a folder as well, have no top-level await.
load().then((index) => {
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  input.addEventListener("input", () => show(index));
  input.form.addEventListener("submit", (event) => event.preventDefault());
  input.focus();
  show(index);
});

/** Builds the index of all sections. Those of the guides rank higher. */
async function load() {
  const index = new MiniSearch({
    fields: ["heading", "page", "text"],
    storeFields: ["address", "heading", "page", "text"],
    searchOptions: {
      boost: { heading: 4, page: 2 },
      prefix: (term) => term.length > 2,
      fuzzy: (term) => (term.length > 5 ? 0.15 : false),
      combineWith: "AND",
      boostDocument: (_id, _term, { address }) => (address.startsWith("api/") ? 0.6 : 1),
    },
  });
  let id = 0;
  for (const packed of globalThis.searchTexts) {
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    for (const [address, page, heading, text] of await new Response(stream).json()) {
      id += 1;
      index.add({ id, address, page, heading, text });
    }
  }
  return index;
}

function show(search) {
  const query = input.value.trim();
  const results = query === "" ? [] : ranked(search, query);
  list.replaceChildren(...results.slice(0, maxResults).map(item));
  status.textContent =
    query === "" ? "" : `${results.length} ${results.length === 1 ? "section" : "sections"} found`;
}

/**
 * Returns the sections with all words of the query, or else those with most of them. Those that have
 * the most pairs of adjacent words in common with the query are first. Numbers are not words: in an
 * error, they are addresses and values.
 */
function ranked(search, query) {
  const all = search.search(query);
  const results = all.length > 0 ? all : withMostWords(search.search(query, { combineWith: "OR" }));
  const words = normalized(query).split(" ").filter(Boolean);
  const adjacentWords = words.slice(1).map((word, index) => ` ${words[index]} ${word}`);
  const pairs = [...new Set(adjacentWords)].filter((pair) => !/ \d+( |$)/.test(pair));
  return results
    .map((result) => {
      const text = ` ${normalized(`${result.heading} ${result.text}`)}`;
      return { result, adjacent: pairs.filter((pair) => text.includes(pair)).length };
    })
    .sort((a, b) => b.adjacent - a.adjacent || b.result.score - a.result.score)
    .map(({ result }) => result);
}

/** Returns the results with more than half as many words of the query as the best one. */
function withMostWords(results) {
  const most = Math.max(...results.map(({ queryTerms }) => queryTerms.length));
  return results.filter(({ queryTerms }) => queryTerms.length * 2 > most);
}

function normalized(text) {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

function item({ address, page, heading, text, terms }) {
  const link = document.createElement("a");
  link.href = address;
  link.textContent = heading === page ? page : `${page}: ${heading}`;
  const excerpt = document.createElement("p");
  excerpt.append(...marked(excerptOf(text, terms), terms));
  const entry = document.createElement("li");
  entry.append(link, excerpt);
  return entry;
}

function excerptOf(text, terms) {
  const lower = text.toLowerCase();
  const at = Math.max(
    0,
    Math.min(...terms.map((term) => lower.indexOf(term)).filter((i) => i >= 0)),
  );
  const start = Number.isFinite(at) ? Math.max(0, at - 60) : 0;
  return `${start > 0 ? "…" : ""}${text.slice(start, start + 200)}${start + 200 < text.length ? "…" : ""}`;
}

function marked(text, terms) {
  const pattern = terms.map((term) => term.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|");
  return text.split(new RegExp(`(${pattern})`, "giu")).map((part, index) => {
    if (index % 2 === 0) {
      return part;
    }
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  });
}
