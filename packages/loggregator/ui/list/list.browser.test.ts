import { gaugeEnvelope, timerEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import {
  eventually,
  log,
  logs,
  oneOfEach,
  PageFixture,
  withoutChromium,
} from "../testing/pageFixture.js";

describe.skipIf(withoutChromium)("the list in Chromium", () => {
  const fixture = new PageFixture();

  test("shows envelopes of all five types as they arrive", async () => {
    await fixture.page.getByText("No envelopes yet").waitFor();
    fixture.emit(...oneOfEach);
    await eventually(() => fixture.rows.count()).toBe(5);
    const parts = await fixture.rows.evaluateAll((all) =>
      all.map((row) => [...row.children].slice(1).map(({ textContent }) => textContent)),
    );
    expect(parts).toEqual([
      ["my-app/0", "log err", "APP/PROC/WEB", "payment: connection refused"],
      ["router/1", "counter", "requests", "7 in total"],
      ["my-app/0", "gauge", "cpu", "12.5 %"],
      ["router/2", "timer", "http", "23 ms"],
      ["deployer", "event", "deploy", "v42 is live"],
    ]);
    expect(await fixture.rows.first().locator(".time").textContent()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3}$/,
    );
    await eventually(() => fixture.page.locator("#total").textContent()).toBe("5");
    expect(await fixture.page.locator("label .count").allTextContents()).toEqual([
      "1",
      "1",
      "1",
      "1",
      "1",
    ]);
    expect(await fixture.page.getByText("No envelopes yet").isVisible()).toBe(false);
    expect(fixture.problems).toEqual([]);
  });

  test("shows names of apps, requests and units, and finds apps by name and id", async () => {
    const tags = { app_name: "checkout", method: "GET", uri: "http://x/cart", status_code: "200" };
    fixture.emit(
      timerEnvelope("http", 0n, 366_123_456n, { sourceId: "guid-1", tags }),
      gaugeEnvelope({ memory: { value: 119_537_664, unit: "bytes" } }, { sourceId: "guid-2" }),
    );
    await fixture.shows("GET /cart 200 366 ms", "114 MiB");
    expect(await fixture.rows.locator(".source").allTextContents()).toEqual(["checkout", "guid-2"]);
    for (const query of ["source:CHECK", "app:guid-1", "app:checkout"]) {
      await fixture.search(query);
      await fixture.shows("GET /cart 200 366 ms");
    }
  });

  test("filters existing and new envelopes by type, source and text", async () => {
    fixture.emit(...oneOfEach);
    await eventually(() => fixture.rows.count()).toBe(5);
    for (const type of ["Logs", "Gauges", "Events"]) {
      await fixture.page.getByLabel(type).uncheck();
    }
    await fixture.shows("7 in total", "23 ms");
    await fixture.search("HTTP");
    await fixture.shows("23 ms");
    await fixture.search("nothing like it");
    await fixture.shows();
    await fixture.button("Show all").click();
    await eventually(() => fixture.rows.count()).toBe(5);
    await fixture.search("source:APP/0");
    await fixture.shows("payment: connection refused", "12.5 %");
    expect(await fixture.page.locator("#suggestions option").evaluateAll((all) => all.length)).toBe(
      3,
    );
    fixture.emit(...oneOfEach.slice(0, 2));
    await fixture.shows("payment: connection refused", "12.5 %", "payment: connection refused");
    await fixture.page.locator("#summary", { hasText: "3 of 7 shown" }).waitFor();
  });

  test("keeps the list while paused, continues to count, and catches up", async () => {
    fixture.emit(log("before"));
    await fixture.shows("before");
    await fixture.button("Pause").click();
    fixture.emit(log("while"), ...logs(299));
    await fixture.button("Resume · 300 new").waitFor();
    expect(await fixture.page.locator("#total").textContent()).toBe("301");
    await fixture.shows("before");
    // The filter works while the list is paused.
    await fixture.search("while");
    await fixture.shows();
    await fixture.button(/Resume/).click();
    await fixture.shows("while");
    await fixture.button("Pause").waitFor();
  });

  test("keeps the list while the user has scrolled back", async () => {
    await fixture.emitAndReceive(logs(2_000), 2_000);
    await eventually(fixture.texts).toContain("line 1999");
    await fixture.page.locator("#list").hover();
    await fixture.page.mouse.wheel(0, -4_000);
    await fixture.button(/Resume/).waitFor();
    await eventually(fixture.texts).not.toContain("line 1999");
    const seen = await fixture.texts();
    await fixture.emitAndReceive(logs(2_000, 2_000), 4_000);
    expect(await fixture.texts()).toEqual(seen);
    await fixture.page.mouse.wheel(0, 100_000);
    await fixture.button("Pause").waitFor();
    await eventually(fixture.texts).toContain("line 3999");
  });

  test.each([
    ["at once", 0],
    ["in many frames", 5],
  ])("stays at the same place when a filter applied %s changes while paused", async (_, stepMs) => {
    await fixture.emitAndReceive([...logs(1_000), ...oneOfEach, ...logs(1_000, 1_000)], 2_005);
    await eventually(fixture.texts).toContain("line 1999");
    await fixture.button("Pause").click();
    // As on a slow machine: time passes between two readings of the clock.
    await fixture.page.evaluate((ms) => {
      let passedMs = 0;
      const now = performance.now.bind(performance);
      performance.now = () => {
        passedMs += ms;
        return now() + passedMs;
      };
    }, stepMs);
    await fixture.search("payment");
    await fixture.shows("payment: connection refused");
    await fixture.rows.first().click();
    await fixture.search("");
    await eventually(async () => (await fixture.texts())[0]).toBe("payment: connection refused");
    expect(await fixture.page.locator(".row.selected .text").textContent()).toBe(
      "payment: connection refused",
    );
  });

  test("can be used with the keyboard alone", async () => {
    await fixture.emitAndReceive(logs(500), 500);
    await fixture.page.locator("#list").focus();
    const selected = () =>
      fixture.page.locator("[role=option][aria-selected=true] .text").textContent();
    await fixture.page.keyboard.press("ArrowUp");
    await eventually(selected).toBe("line 499");
    await fixture.page.keyboard.press("ArrowUp");
    await eventually(selected).toBe("line 498");
    await fixture.button(/Resume/).waitFor();
    await fixture.page.keyboard.press("Home");
    await eventually(selected).toBe("line 0");
    await fixture.page.keyboard.press("ArrowDown");
    await eventually(selected).toBe("line 1");
    const active = await fixture.page.locator("#list").getAttribute("aria-activedescendant");
    expect(await fixture.page.locator(`#${active} .text`).textContent()).toBe("line 1");
    expect(await fixture.details.locator("pre").first().textContent()).toBe("line 1");
    await fixture.page.keyboard.press("Escape");
    expect(await fixture.details.isVisible()).toBe(false);
    await fixture.page.keyboard.press("Space");
    await fixture.button("Pause").waitFor();
    await eventually(fixture.texts).toContain("line 499");
  });
});
