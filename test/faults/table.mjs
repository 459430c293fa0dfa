// Writes the results of the fault suite into the tables of docs/delivery-results.md. Run it after
// the whole suite. A table without results is not changed.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const results = join(root, ".test-results/faults");
const rows = readdirSync(results).flatMap(
  (file) => JSON.parse(readFileSync(join(results, file), "utf8")).rows,
);

const go = "go-loggregator";
/** The clients of each table, with the titles of their columns. */
const tables = {
  sending: { stream: "stream", acknowledged: "acknowledged", "go ingress": go },
  reading: { egress: "egress", "go egress": go, gateway: "gateway", "go gateway": go },
  drains: { "drain https-batch": "`https-batch`, consumed", "drain syslog-tls": "`syslog-tls`" },
  "log-cache": { follow: "follow", "go walk": "Go's Walk" },
  otlp: { "otlp grpc": "gRPC", "otlp http": "HTTP" },
  nozzle: { nozzle: "nozzle" },
  v1: { v1: "v1", "go v1": go },
};

const path = join(root, "docs/delivery-results.md");
let text = readFileSync(path, "utf8");
for (const [name, columns] of Object.entries(tables)) {
  const marks = new RegExp(`(<!-- faults: ${name} -->\n).*?(<!-- /faults -->)`, "s");
  if (!marks.test(text)) {
    throw new Error(`expected the marks of the table "${name}" in ${path}`);
  }
  if (rows.some(({ client }) => client in columns)) {
    text = text.replace(marks, (_, begin, end) => `${begin}\n${table(columns)}\n\n${end}`);
  }
}
writeFileSync(path, text);

function table(columns) {
  const clients = Object.keys(columns).filter((name) => rows.some((row) => row.client === name));
  const mine = rows.filter(({ client }) => clients.includes(client));
  const faults = [...new Set(mine.map(({ fault }) => fault))].sort(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b, "en"),
  );
  return [
    `| fault | ${clients.map((name) => columns[name]).join(" | ")} |`,
    `| --- | ${clients.map(() => "---").join(" | ")} |`,
    ...faults.map((fault) => {
      const cells = clients.map((name) => cell(mine.find(is(fault, name))));
      return `| ${[fault, ...cells].join(" | ")} |`;
    }),
  ].join("\n");
}

/** Returns 1 for answers of servers, which come last because many of their rows are alike. */
function rank(fault) {
  return /^(status|RST_STREAM|GOAWAY|the server ends|the gateway answers)/.test(fault) ? 1 : 0;
}

function is(fault, client) {
  return (row) => row.fault === fault && row.client === client;
}

function cell(row) {
  if (row === undefined) {
    return "";
  }
  const { emitted, lost, duplicated, recoveredMs, remark } = row;
  const parts = [`${number(emitted - lost)} of ${number(emitted)}`];
  if (lost > 0) {
    parts.push(`**${number(lost)} lost**`);
  }
  if (duplicated > 0) {
    parts.push(`${number(duplicated)} twice`);
  }
  if (recoveredMs.length === 1) {
    parts.push(`${number(recoveredMs[0])} ms`);
  }
  if (recoveredMs.length > 1) {
    const sorted = recoveredMs.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    parts.push(`${number(median)} ms (median), ${number(sorted.at(-1))} ms at most`);
  }
  if (remark !== undefined) {
    parts.push(remark);
  }
  return parts.join(", ");
}

function number(value) {
  return Math.round(value).toLocaleString("en");
}
