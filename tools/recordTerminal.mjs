// Records a session with the command and writes it to docs/terminal.svg, an animated picture: `npm
// run build && node tools/recordTerminal.mjs`. The output and the times between lines are recorded
// in a real session; pauses are shortened.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const command = join(root, "packages/loggregator/dist/bin.js");
const folder = mkdtempSync(join(tmpdir(), "loggregator-record-"));
const environment = "loggregator.env";
const escapeSign = "\u001b";
const controlSequence = new RegExp(`(${escapeSign}\\[[\\d;?]*[A-Za-z])`);
const colors = ["--color", "always"];

/** The panes of the picture, each with its lines and the time at which they appeared. */
const panes = [
  { title: "a local Loggregator", rows: 9, lines: [] },
  { title: "a reader", rows: 9, lines: [] },
  { title: "a sender", rows: 7, lines: [] },
];
const [emulator, reader, sender] = panes;

const running = [];
try {
  const emulate = await start(emulator, ["emulate", "--env", environment], {});
  await until(() => existsSync(join(folder, environment)));
  await delay(300);
  emulator.ended = true;
  const env = variablesOf(readFileSync(join(folder, environment), "utf8"));
  for (const pane of [reader, sender]) {
    show(pane, "set -a; . ./loggregator.env; set +a");
  }
  const tail = await start(reader, ["tail"], env, colors);
  await until(() => emulate.text.includes("1 reader"));
  for (const args of [
    ["log", "--source-type", "APP/PROC/WEB", "GET /cart 200"],
    ["counter", "requests", "2"],
    ["gauge", "cpu=12.5:percentage", "memory=73400320:bytes"],
    ["timer", "http", "23ms"],
    ["event", "deploy", "v42 is live"],
  ]) {
    const lines = reader.lines.length;
    const child = await start(sender, ["emit", ...args, "--source-id", "shop"], env);
    await child.closed;
    await until(() => reader.lines.length > lines);
  }
  await delay(500);
  tail.kill("SIGINT");
  await tail.closed;
  writeFileSync(join(root, "docs/terminal.svg"), picture());
} finally {
  for (const child of running) {
    child.kill("SIGINT");
    await child.closed;
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Shows the command, then runs it in the folder and collects its lines. */
async function start(pane, args, env, hidden = []) {
  const words = args.map((word) => (/[^\w./:=-]/.test(word) ? `"${word}"` : word));
  show(pane, `npx loggregator ${words.join(" ")}`);
  await delay(900);
  const child = spawn(process.execPath, [command, ...args, ...hidden], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.text = "";
  child.closed = once(child, "close");
  running.push(child);
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (chunk) => {
      child.text += chunk;
      const lines = (rest + chunk).split("\n");
      rest = lines.pop();
      for (const text of lines.filter((line) => line !== "")) {
        if (!pane.ended) {
          pane.lines.push({ at: performance.now(), text: text.replaceAll(folder, "~") });
        }
      }
    });
  }
  return child;
}

function show(pane, typed) {
  pane.lines.push({ at: performance.now(), text: `\u001b[1m$ ${typed}\u001b[0m` });
}

async function until(condition) {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`the session did not continue within 20 s: ${condition}`);
    }
    await delay(20);
  }
}

function variablesOf(text) {
  return Object.fromEntries(
    [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value.replace(/^(['"])(.*)\1$/, "$2"),
    ]),
  );
}

function picture() {
  const width = 780;
  const rowHeight = 17;
  const titleHeight = 24;
  const longestPause = 1_000;
  const all = panes.flatMap(({ lines }) => lines).sort((a, b) => a.at - b.at);
  let last = all[0].at;
  let clock = 300;
  for (const line of all) {
    clock += Math.min(line.at - last, longestPause);
    last = line.at;
    line.delay = clock;
  }
  const parts = [];
  let y = 0;
  for (const { title, rows, lines } of panes) {
    parts.push(
      `<rect y="${y}" width="${width}" height="${titleHeight}" fill="#30363d"/>`,
      `<text x="12" y="${y + 16}" fill="#c9d1d9">${title}</text>`,
    );
    y += titleHeight;
    for (const [row, { text, delay: ms }] of lines.slice(0, rows).entries()) {
      const at = y + 6 + (row + 0.75) * rowHeight;
      const delayed = `animation-delay:${(ms / 1000).toFixed(2)}s`;
      parts.push(`<text x="12" y="${at}" style="${delayed}" class="l">${spans(text)}</text>`);
    }
    y += rows * rowHeight + 14;
  }
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}">`,
    "<title>A local Loggregator is started, and a reader prints what a sender emits</title>",
    "<style>text{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre}",
    ".l{fill:#e6edf3;animation:l 1ms both}@keyframes l{from{opacity:0}}",
    "@media(prefers-reduced-motion:reduce){.l{animation:none}}</style>",
    `<rect width="${width}" height="${y}" rx="6" fill="#0d1117"/>`,
    ...parts,
    "</svg>",
  ].join("\n")}\n`;
}

/** Turns colours and styles of a terminal into spans. Other control sequences are omitted. */
function spans(text) {
  const fills = {
    31: "#ff7b72",
    32: "#3fb950",
    33: "#d29922",
    34: "#58a6ff",
    35: "#bc8cff",
    36: "#39c5cf",
    90: "#8b949e",
  };
  let style = "";
  let result = "";
  for (const part of text.split(controlSequence)) {
    const codes = part.startsWith(escapeSign) ? /\[([\d;]*)m$/.exec(part)?.[1] : undefined;
    if (codes === undefined) {
      const escaped = part.replace(/[&<]/g, (sign) => (sign === "&" ? "&amp;" : "&lt;"));
      result +=
        part === "" || part.startsWith(escapeSign)
          ? ""
          : style === ""
            ? escaped
            : `<tspan${style}>${escaped}</tspan>`;
      continue;
    }
    style = "";
    for (const code of codes.split(";")) {
      style += code === "1" ? ' font-weight="bold"' : code === "2" ? ' opacity=".65"' : "";
      style += code in fills ? ` fill="${fills[code]}"` : "";
    }
  }
  return result;
}
