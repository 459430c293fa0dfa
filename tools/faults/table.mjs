// Writes what the fault suite saw into the table of docs/delivery.md. Run it after the suite.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const results = join(root, ".test-results/faults");
const rows = readdirSync(results).flatMap((file) =>
  JSON.parse(readFileSync(join(results, file), "utf8")),
);

/** Statuses and their like say the same in many rows: they come last. */
const rank = (fault) => (/^(status|RST_STREAM|GOAWAY|the server ends)/.test(fault) ? 1 : 0);
const faults = [...new Set(rows.map(({ fault }) => fault))].sort(
  (a, b) => rank(a) - rank(b) || a.localeCompare(b, "en"),
);
const clients = ["stream", "acknowledged", "egress", "gateway", "go-loggregator"].filter((name) =>
  rows.some(({ client }) => client === name),
);

const table = [
  `| fault | ${clients.join(" | ")} |`,
  `| --- | ${clients.map(() => "---").join(" | ")} |`,
  ...faults.map((fault) => {
    const cells = clients.map((name) =>
      cell(rows.find((row) => row.fault === fault && row.client === name)),
    );
    return `| ${[fault, ...cells].join(" | ")} |`;
  }),
].join("\n");

function cell(row) {
  if (row === undefined) return "";
  const { emitted, lost, duplicated, recoveredMs } = row;
  const parts = [`${number(emitted - lost)} of ${number(emitted)}`];
  if (lost > 0) parts.push(`**${number(lost)} lost**`);
  if (duplicated > 0) parts.push(`${number(duplicated)} twice`);
  if (recoveredMs !== undefined) parts.push(`${Math.round(recoveredMs)} ms`);
  return parts.join(", ");
}

function number(value) {
  return value.toLocaleString("en");
}

const path = join(root, "docs/delivery.md");
const text = readFileSync(path, "utf8");
const marks = /(<!-- faults -->\n).*?(<!-- \/faults -->)/s;
if (!marks.test(text)) throw new Error(`expected the marks of the table in ${path}`);
writeFileSync(
  path,
  text.replace(marks, (_, begin, end) => `${begin}\n${table}\n\n${end}`),
);
