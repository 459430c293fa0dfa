// Builds dist/ui, the files of the page as browsers receive them, from this folder. Does nothing if
// they are newer than all of their sources.
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL(".", import.meta.url));
const output = join(source, "../dist/ui");
const bundled = join(output, "page.js");
const copied = ["index.html", "icon.svg"];
/** In this order: later ones override earlier ones. */
const styles = ["base", "bars", "timeline", "list", "details", "charts", "narrow"];
const sources = [
  source,
  ...["src/filter", "src/text", "src/ui", "../api/dist", "../core/dist"].map(beside),
];

const built = statSync(bundled, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (sources.some((folder) => newest(folder) > built)) {
  mkdirSync(output, { recursive: true });
  for (const file of copied) {
    copyFileSync(join(source, file), join(output, file));
  }
  const sheets = styles.map((name) => readFileSync(join(source, "styles", `${name}.css`), "utf8"));
  const chart = new URL("./", import.meta.resolve("uplot"));
  const chartSheet = readFileSync(new URL("uPlot.min.css", chart), "utf8");
  const license = readFileSync(new URL("../LICENSE", chart), "utf8");
  writeFileSync(join(output, "page.css"), [chartSheet, ...sheets].join("\n"));
  const { rolldown } = await import("rolldown");
  const build = await rolldown({
    input: join(source, "page.ts"),
    platform: "browser",
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
  });
  await build.write({ file: bundled, format: "esm", banner: `/*! uPlot: ${license}*/` });
  await build.close();
}

function beside(path) {
  return join(source, "..", path);
}

/** The time at which the newest file of a folder was written. */
function newest(folder) {
  const files = readdirSync(folder, { recursive: true });
  return Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs));
}
