import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import type { Measurement } from "./measure.js";

/** The medians of each subject of each benchmark. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, Measurement>>;

const begin = "<!-- figures -->";
const end = "<!-- end of figures -->";
const peers = ["go", "plain"] as const;
/** The titles of the further figures of some subjects. */
const ownFigures: Readonly<Record<string, string>> = {
  medianNanos: "median per call, ns",
  p99Nanos: "99th percentile, ns",
  nanosPerByte: "ns of CPU per byte",
  serverCores: "server cores",
  loopDelayP99Millis: "event loop delay, 99th percentile, ms",
  missed: "share overwritten",
  firstMillionPerSecond: "first million, per second",
  grownMiB: "memory growth, MiB",
};

/** Writes the figures into the page, between its marks, and the chart next to it. */
export async function writeReport(results: Results, page: URL, chart: URL): Promise<void> {
  const text = await readFile(page, "utf8");
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`expected ${begin} in ${page}`);
  }
  const machine = `Node.js ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${new Date().toISOString().slice(0, 10)}`;
  await writeFile(page, `${before}${begin}\n${machine}\n\n${tables(results)}\n${end}${after}`);
  await writeFile(chart, drawChart(results));
}

function tables(results: Results): string {
  const isCompared = (subjects: ReadonlyMap<string, unknown>) =>
    peers.some((peer) => subjects.has(peer));
  const compared = [...results].filter(([, subjects]) => isCompared(subjects));
  const others = [...results].filter(([, subjects]) => !isCompared(subjects));
  const rows = compared.map(([bench, subjects]) => {
    const ours = subjects.get("ours") as Measurement;
    const cells = peers.flatMap((peer) => {
      const other = subjects.get(peer);
      if (other === undefined) {
        return ["", "", ""];
      }
      return [
        rate(other.perSecond),
        `**${(ours.perSecond / other.perSecond).toFixed(1)}**`,
        (ours.cpuMicrosPerItem / other.cpuMicrosPerItem).toFixed(2),
      ];
    });
    return `| ${[bench, rate(ours.perSecond), micros(ours.cpuMicrosPerItem), ...cells].join(" | ")} |`;
  });
  const lines = [
    "| | ours per second | µs of CPU each | Go per second | ours / Go | CPU, ours / Go | plain per second | ours / plain | CPU, ours / plain |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ];
  lines.push(...tableOfTls(results));
  for (const [bench, subjects] of others) {
    const own = Object.keys([...subjects.values()][0] ?? {}).filter((name) => name in ownFigures);
    const heads = [bench, "per second", "µs of CPU each", ...own.map((name) => ownFigures[name])];
    lines.push("", `| ${heads.join(" | ")} |`, `| --- |${" ---: |".repeat(heads.length - 1)}`);
    for (const [subject, measured] of subjects) {
      const { perSecond, cpuMicrosPerItem } = measured;
      const figures = own.map((name) => figure(measured[name] as number));
      const cells = [subject, rate(perSecond), micros(cpuMicrosPerItem), ...figures];
      lines.push(`| ${cells.join(" | ")} |`);
    }
  }
  return lines.join("\n");
}

/** The limit of each transport: the same bytes on a raw TLS socket. */
function tableOfTls(results: Results): string[] {
  const rows = [...results].flatMap(([bench, subjects]) => {
    const [ours, tls] = [subjects.get("ours"), subjects.get("tls")];
    if (ours === undefined || tls === undefined) {
      return [];
    }
    const ratio = ours.cpuMicrosPerItem / tls.cpuMicrosPerItem;
    const cores = [ours, tls].map(({ serverCores }) => figure(serverCores ?? Number.NaN));
    const cells = [bench, rate(tls.perSecond), micros(tls.cpuMicrosPerItem), ratio.toFixed(2)];
    return [`| ${[...cells, ...cores].join(" | ")} |`];
  });
  return [
    "",
    "| | raw TLS per second | µs of CPU each | CPU, ours / raw TLS | server cores, ours | server cores, raw TLS |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ];
}

/** Draws a bar for each peer of each benchmark: our speed as a multiple of the peer's. */
function drawChart(results: Results): string {
  const bars = [...results].flatMap(([bench, subjects]) => {
    const ours = subjects.get("ours");
    return peers.flatMap((peer) => {
      const other = subjects.get(peer);
      return ours && other ? [{ bench, peer, ratio: ours.perSecond / other.perSecond }] : [];
    });
  });
  const longest = Math.max(1, ...bars.map(({ ratio }) => ratio));
  const rowHeight = 22;
  const height = bars.length * rowHeight + 40;
  const scale = 420 / longest;
  const drawn = bars.map(({ bench, peer, ratio }, index) => {
    const y = 30 + index * rowHeight;
    const fill = peer === "go" ? "#00758d" : "#8a8f98";
    return [
      `<text x="170" y="${y + 12}" text-anchor="end">${bench} / ${peer}</text>`,
      `<rect x="180" y="${y}" width="${(ratio * scale).toFixed(1)}" height="16" fill="${fill}"/>`,
      `<text x="${(186 + ratio * scale).toFixed(1)}" y="${y + 12}">${ratio.toFixed(1)}</text>`,
    ].join("");
  });
  const one = (180 + scale).toFixed(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="660" height="${height}" font-family="sans-serif" font-size="12">`,
    "<title>Speed of each benchmark, relative to its peers</title>",
    `<rect width="660" height="${height}" fill="white"/>`,
    '<text x="180" y="18">times as fast as the peer</text>',
    ...drawn,
    `<line x1="${one}" x2="${one}" y1="24" y2="${height - 8}" stroke="#c0392b" stroke-dasharray="3 3"/>`,
    "</svg>",
    "",
  ].join("\n");
}

function rate(perSecond: number): string {
  return perSecond >= 1e6
    ? `${(perSecond / 1e6).toFixed(1)} M`
    : `${Math.round(perSecond / 1000)} k`;
}

function figure(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function micros(value: number): string {
  return value < 0.1 ? value.toFixed(4) : value.toFixed(2);
}
