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
      inReference: true,
      symbols: true,
    }));
  const readmes = packages.map(({ folder, entries }) => {
    const source = `packages/${folder}/README.md`;
    const links = entries.map(({ name }) => `[${name}](/api-reference/${sourceOf(name, files)})`);
    const reference = `# $1\n\nAPI reference: ${links.join(" · ")}\n`;
    const text = readFileSync(join(root, source), "utf8").replace(/^# (.*)\n/, reference);
    return { source, address: `api/${folder}.html`, text, inReference: true };
  });
  return { pages: [index(packages, files), ...readmes, ...pages], faults };
}

/** `@loggregator/api/v1/README.md` becomes `api-v1-reference.html`. */
function addressOf(file) {
  const name = file.replace(/^@loggregator\//, "").replace(/(\/README)?\.md$/, "");
  return `${name.replaceAll("/", "-")}-reference.html`;
}

/** Returns the file of a name that users import. */
function sourceOf(name, files) {
  return [`${name}.md`, `${name}/README.md`].find((file) => files.has(file));
}

function index(packages, files) {
  const rows = packages.map(({ folder, name, description, entries }) => {
    const references = entries.map((entry) => `[${entry.name}](${sourceOf(entry.name, files)})`);
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
