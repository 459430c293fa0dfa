// The pages of the packages: their READMEs, and the API reference of each name that users import.
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { generateApiReference, publicPackages } from "./apiReference.mjs";

/** Returns the pages, and the faults of the doc comments. */
export async function apiPages(root) {
  const { files, faults } = await generateApiReference(root);
  const packages = publicPackages(root).filter(({ isPrivate }) => !isPrivate);
  const pages = [...files]
    .filter(([file]) => file !== "README.md")
    .map(([file, text]) => ({
      source: posix.join("api-reference", file),
      address: `api/${addressOf(file)}`,
      text,
      symbols: true,
    }));
  const readmes = packages.map(({ folder }) => {
    const source = `packages/${folder}/README.md`;
    const text = readFileSync(join(root, source), "utf8");
    return { source, address: `api/${folder}.html`, text, symbols: true };
  });
  return { pages: [index(packages, files), ...readmes, ...pages], faults };
}

/** `@loggregator/api/v1/README.md` becomes `api-v1-reference.html`. */
function addressOf(file) {
  const name = file.replace(/^@loggregator\//, "").replace(/(\/README)?\.md$/, "");
  return `${name.replaceAll("/", "-")}-reference.html`;
}

function index(packages, files) {
  const sources = new Map(
    [...files.keys()].map((file) => [file.replace(/(\/README)?\.md$/, ""), file]),
  );
  const rows = packages.map(({ folder, name, description, entries }) => {
    const references = entries.map((entry) => `[${entry.name}](${sources.get(entry.name)})`);
    return `| [${name}](../packages/${folder}) | ${description} | ${references.join("<br>")} |`;
  });
  const text = [
    "# Packages",
    "",
    "| package | purpose | API reference |",
    "| --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
  return { source: "api-reference/README.md", address: "api/index.html", text };
}
