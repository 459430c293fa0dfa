import { gaugeEnvelope, logEnvelope, timerEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { textWidth } from "../../terminal/textWidth.js";
import { Tally } from "../counts/tally.js";
import type { ScreenFrame } from "./frame.js";
import { TopView } from "./topView.js";

const frame: ScreenFrame = {
  columns: 80,
  rows: 24,
  paint: (style, text) => (style === "inverse" ? `>${text.slice(1)}` : text),
  source: "127.0.0.1:8082",
  seconds: 12,
  notice: undefined,
};

const tags = { app_name: "checkout", space_name: "prod" };

function tally(): Tally {
  const tally = new Tally(0);
  const bytes = (value: number) => ({ value, unit: "bytes" });
  tally.add(
    gaugeEnvelope(
      {
        cpu: { value: 34.2, unit: "percentage" },
        memory: bytes(114 * 2 ** 20),
        memory_quota: bytes(256 * 2 ** 20),
        disk: bytes(2 ** 30),
        log_rate: { value: 1_024, unit: "B/s" },
        log_rate_limit: { value: 16_384, unit: "B/s" },
      },
      { sourceId: "guid", instanceId: "2", tags },
    ),
  );
  for (const status_code of ["200", "200", "503"]) {
    const options = { sourceId: "guid", instanceId: "2", tags: { ...tags, status_code } };
    tally.add(timerEnvelope("http", 0n, 366_000_000n, options));
  }
  for (let count = 0; count < 10; count += 1) {
    tally.add(logEnvelope("x", { sourceId: "busy" }));
  }
  tally.add(logEnvelope("x", { sourceId: "quiet" }));
  return tally;
}

function open(): { view: TopView; text: (...keys: string[]) => string } {
  const view = new TopView(tally().tick(1_000), "rate");
  const text = (...keys: string[]) => {
    for (const key of keys) {
      view.press(key);
    }
    const lines = view.lines(frame);
    expect(lines).toHaveLength(24);
    for (const line of lines) {
      expect(textWidth(line)).toBeLessThanOrEqual(80);
    }
    return lines.join("\n");
  };
  return { view, text };
}

/** The names of the sources, in their order on the screen. */
const order = (text: string) => text.match(/^[>b]usy|^.heckout|^[>q]uiet/gm);

test("shows apps by name, with their CPU, memory and requests", () => {
  const { text } = open();
  expect(text()).toMatch(/^checkout \(prod\) .* 0 +34\.2 % +114 MiB +3 +366 ms +4$/m);
});

test("selects a source, and shows its screen and the list again", () => {
  const { text } = open();
  expect(text("down", "down")).toMatch(/^>heckout \(prod\)/m);
  const screen = text("enter");
  expect(screen).toMatch(/^checkout \(prod\) {2}guid\n/);
  expect(screen).toMatch(/^ENVELOPES .* 4\/s {2}4 in total$/m);
  expect(screen).toMatch(/^REQUESTS +3\/s {2}2xx 2\/s {2}5xx 1\/s$/m);
  expect(screen).toMatch(/p50 366 ms {2}p95 366 ms {2}p99 366 ms {2}max 366 ms/);
  expect(screen).toMatch(/^2 +34\.2 % +114 MiB \/ 256 MiB +1 GiB +1 KiB \/ 16 KiB$/m);
  expect(screen).toMatch(/^memory +gauge +checkout \(prod\) /m);
  expect(text("escape")).toContain("quiet");
});

test("opens the first source if none is selected", () => {
  const { text } = open();
  expect(text("enter")).toMatch(/^busy\n/);
});

test("sorts by each key, and wraps around", () => {
  const { text } = open();
  expect(order(text())).toEqual(["busy", "checkout", "quiet"]);
  expect(text("s", "s")).toMatch(/▾CPU/);
  expect(order(text())).toEqual(["checkout", "busy", "quiet"]);
  expect(text("S", "S", "S")).toMatch(/^SOURCE ▾/m);
  expect(text("s")).toMatch(/▾ALL\/S/);
});

test("filters by a part of the name or id, while typing", () => {
  const { text } = open();
  expect(order(text("/", "u"))).toEqual(["busy", "checkout", "quiet"]);
  expect(order(text("S"))).toEqual(["busy"]);
  expect(text()).toContain("filter: uS_  1 source");
  expect(order(text("backspace", "enter"))).toHaveLength(3);
  expect(text()).toContain("/ filter (u)");
  expect(text("escape")).toContain("/ filter  ");
});

test("shows the metrics of the sources that pass the filter", () => {
  const { text } = open();
  expect(text()).toMatch(/^memory +gauge/m);
  expect(text("/", "b", "u", "s")).not.toMatch(/^memory +gauge/m);
  expect(text("escape", "/", "c", "h", "e")).toMatch(/^memory +gauge +checkout/m);
});

test("shows all keys in 80 columns, also with a filter and while paused", () => {
  const { text } = open();
  const last = (...keys: string[]) =>
    text(...keys)
      .split("\n")
      .at(-1);
  expect(last(" ")).toBe(
    "PAUSED  q quit  ↑↓ select  Enter open  s sort (rate)  / filter  Space resume",
  );
  expect(last("/", ..."check", "enter")).toBe(
    "PAUSED  q quit  ↑↓ select  Enter open  s sort  / filter (check)  Space resume",
  );
  expect(last("/", ..."out-worker-7", "enter")).toMatch(
    / {2}s sort {2}\/ filter \(checko?u?…\) {2}Space resume$/,
  );
  expect(last("escape", " ", "enter")).toBe("Esc back  Space pause  q quit");
});

test("keeps the screen while paused, and continues", () => {
  const counts = tally();
  const view = new TopView(counts.tick(1_000), "rate");
  const first = () => view.lines(frame)[0];
  const before = first();
  view.press(" ");
  counts.add(logEnvelope("x", { sourceId: "busy" }));
  view.update(counts.tick(2_000));
  expect(first()).toBe(before);
  expect(view.lines(frame).at(-1)).toMatch(/^PAUSED/);
  view.press(" ");
  expect(first()).toContain("16 in total");
});

test("keeps the selection in bounds, and scrolls to it", () => {
  const counts = new Tally(0);
  for (let id = 0; id < 100; id += 1) {
    counts.add(logEnvelope("x", { sourceId: `source-${String(id).padStart(2, "0")}` }));
  }
  const view = new TopView(counts.tick(1_000), "name");
  const selected = (key: string) => {
    view.press(key);
    return view
      .lines(frame)
      .find((line) => line.startsWith(">"))
      ?.slice(0, 9);
  };
  expect(selected("end")).toBe(">ource-99");
  expect(selected("down")).toBe(">ource-99");
  expect(selected("page up")).toBe(">ource-89");
  expect(selected("home")).toBe(">ource-00");
  expect(selected("up")).toBe(">ource-00");
});

test("q quits, but not in a filter", () => {
  const { view } = open();
  view.press("/");
  expect(view.press("q")).toBe(true);
  view.press("enter");
  expect(view.press("q")).toBe(false);
});
