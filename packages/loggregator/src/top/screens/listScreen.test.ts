import { counterEnvelope, gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { textWidth } from "../../terminal/textWidth.js";
import { Tally, type TopSnapshot } from "../counts/tally.js";
import type { ScreenFrame } from "./frame.js";
import { plainLines } from "./plainLines.js";
import { TopView } from "./topView.js";

function screenLines(snapshot: TopSnapshot, frame: ScreenFrame): string[] {
  return new TopView(snapshot, "rate").lines(frame);
}

const frame = {
  columns: 80,
  rows: 24,
  paint: (_: string, text: string) => text,
  source: "127.0.0.1:8082",
  seconds: 12,
  notice: undefined,
};

function snapshot(sources: number, metrics: number): TopSnapshot {
  const tally = new Tally(0);
  for (let id = 0; id < sources; id++) {
    for (let count = 0; count <= id; count++) {
      tally.add(logEnvelope("x", { sourceId: `source-${id}-${"x".repeat(60)}` }));
    }
  }
  for (let id = 0; id < metrics; id++) {
    tally.add(
      gaugeEnvelope({ [`metric-${id}`]: { value: 1e9, unit: "bytes" } }, { sourceId: "m" }),
    );
  }
  return tally.tick(1_000);
}

describe("a screen", () => {
  test.each([
    [80, 24],
    [80, 10],
    [40, 24],
    [200, 60],
    [20, 5],
  ])("of %i columns and %i rows is full, and no line is too long", (columns, rows) => {
    for (const state of [snapshot(0, 0), snapshot(3, 2), snapshot(50, 50)]) {
      const lines = screenLines(state, { ...frame, columns, rows });
      expect(lines).toHaveLength(rows);
      for (const line of lines) {
        expect(textWidth(line)).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("shows the busiest sources first, and metrics below", () => {
    const text = screenLines(snapshot(12, 12), frame).join("\n");
    expect(text.indexOf("source-11-")).toBeGreaterThan(0);
    expect(text.indexOf("source-11-")).toBeLessThan(text.indexOf("source-10-"));
    expect(text.indexOf("METRIC")).toBeGreaterThan(text.indexOf("source-10-"));
    expect(text).toMatch(/metric-\d+ +gauge +m +1 +954 MiB/);
  });

  test("gives metrics the rows that sources leave", () => {
    const lines = screenLines(snapshot(2, 50), frame);
    expect(lines.filter((line) => line.startsWith("metric-"))).toHaveLength(15);
  });

  test("gives sources the rows that metrics leave", () => {
    const lines = screenLines(snapshot(50, 0), frame);
    expect(lines.filter((line) => line.startsWith("source-")).length).toBeGreaterThanOrEqual(16);
  });

  test("aligns columns of characters that are twice as wide", () => {
    const tally = new Tally(0);
    for (let count = 0; count < 30; count++) {
      tally.add(counterEnvelope("名前".repeat(20), { sourceId: "日本語" }));
    }
    const lines = screenLines(tally.tick(1_000), frame);
    const source = lines.find((line) => line.startsWith("日本語"));
    const metric = lines.find((line) => line.startsWith("名前"));
    expect(source).toMatch(/ 30$/);
    expect(metric).toMatch(/^[名前]+… +counter 日本語 .* 30$/);
    expect([source, metric].map((line) => textWidth(line ?? ""))).toEqual([80, 80]);
  });

  test("shows a message in one line", () => {
    const notice = "lost \x1b[2J the stream; ".repeat(9);
    const last = screenLines(snapshot(1, 1), { ...frame, notice }).at(-1);
    expect(last).toMatch(/^lost \\x1b\[2J the stream/);
    expect(last?.length).toBeLessThanOrEqual(80);
  });
});

test("plain lines show the same, one per line", () => {
  const tally = new Tally(0);
  tally.add(logEnvelope("x", { sourceId: "my-app" }));
  tally.add(counterEnvelope("requests\x1b", { sourceId: "my-app", delta: 7 }));
  expect(plainLines(tally.tick(1_000), "10:30:00", "rate")).toBe(
    [
      "10:30:00  all  2/s  2 in total",
      "10:30:00  source  my-app  2/s  log 1/s  counter 1/s",
      "10:30:00  counter  my-app  requests\\x1b  1/s  7",
      "",
    ].join("\n"),
  );
});

test("plain lines name the app of a metric", () => {
  const tally = new Tally(0);
  const tags = { app_name: "checkout", space_name: "prod" };
  tally.add(counterEnvelope("requests", { sourceId: "guid", delta: 7, tags }));
  expect(plainLines(tally.tick(1_000), "10:30:00", "rate")).toContain(
    "10:30:00  counter  checkout (prod)  requests  1/s  7\n",
  );
});
