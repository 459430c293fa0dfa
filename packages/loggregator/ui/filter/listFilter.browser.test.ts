import { logEnvelope, timerEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import {
  eventually,
  log,
  logs,
  oneOfEach,
  PageFixture,
  withoutChromium,
} from "../testing/pageFixture.js";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";

describe.skipIf(withoutChromium)("the filters of the page in Chromium", () => {
  const fixture = new PageFixture();
  const query = () => fixture.page.locator("#query").inputValue();

  test("explain an invalid search, and keep the last valid one", async () => {
    const { page } = fixture;
    fixture.emit(...oneOfEach);
    await fixture.search("type:log");
    await fixture.shows("payment: connection refused");
    await fixture.search("level:loud");
    await page.getByText("level: must be one of trace, debug").waitFor();
    expect(await page.locator("#query").getAttribute("aria-invalid")).toBe("true");
    await fixture.shows("payment: connection refused");
    await fixture.search("name:cpu");
    await fixture.shows("12.5 %");
    expect(await page.locator("#query-error").isVisible()).toBe(false);
  });

  test("search text, tags, fields and levels", async () => {
    fixture.emit(
      logEnvelope('{"level":"error","msg":"refused","req":{"method":"GET"}}', { stream: "stdout" }),
      logEnvelope("INFO fine", { tags: { job: "api" } }),
    );
    const first = 'error refused req={"method":"GET"}';
    for (const [text, ...shown] of [
      ["refused", first],
      ["field:req.method=GET", first],
      ["level:warn", first],
      ["tag:job=api", "INFO fine"],
      ["API", "INFO fine"],
      ["-refused", "INFO fine"],
      ["nothing"],
    ] as [string, ...string[]][]) {
      await fixture.search(text);
      await fixture.shows(...shown);
    }
    await fixture.button("Show all").click();
    await fixture.shows(first, "INFO fine");
  });

  test("and the selection are in the address, and are the same after a reload", async () => {
    const { page } = fixture;
    await fixture.emitAndReceive([...logs(300), log("wanted"), ...logs(300, 300)], 601);
    await fixture.search("-nothing");
    await page.getByLabel("Counters").uncheck();
    await fixture.button("Pause").click();
    await fixture.search("wanted");
    await fixture.shows("wanted");
    await fixture.rows.first().click();
    await fixture.search("-nothing");
    const address = async () =>
      Object.fromEntries(new URLSearchParams((await fixture.fragment()).slice(1)));
    await eventually(address).toEqual({
      q: "-nothing",
      hide: "counter",
      envelope: expect.stringMatching(/^\d+-\w+$/),
    });
    await page.reload();
    await eventually(() => fixture.details.locator("pre").first().textContent()).toBe("wanted");
    await eventually(() => page.locator(".row.selected .text").textContent()).toBe("wanted");
    expect(await query()).toBe("-nothing");
    expect(await page.getByLabel("Counters").isChecked()).toBe(false);
    await fixture.button("Close").click();
    await page.evaluate(() => {
      location.hash = "#q=type:event";
    });
    await eventually(query).toBe("type:event");
    expect(await page.getByLabel("Counters").isChecked()).toBe(true);
  });

  test("show only a value of the details, and the envelopes of a trace", async () => {
    const { page } = fixture;
    fixture.emit(
      log("before"),
      timerEnvelope("http", 0n, 1_000_000n, { sourceId: "router", tags: { trace_id: trace } }),
      logEnvelope(JSON.stringify({ msg: "in the app", traceId: trace }), { sourceId: "shop" }),
      logEnvelope(JSON.stringify({ msg: "another", traceId: `${trace}0` }), { sourceId: "shop" }),
    );
    await eventually(() => fixture.rows.count()).toBe(4);
    await fixture.rows.nth(2).click();
    await fixture.button("in the app").click();
    expect(await query()).toBe('field:msg="in the app"');
    await eventually(() => fixture.rows.count()).toBe(1);
    await page.getByRole("button", { name: "Trace", exact: true }).click();
    await eventually(() => fixture.rows.locator(".type").allTextContents()).toEqual([
      "timer",
      "log err",
      "log err",
    ]);
    await fixture.button("Show all traces").click();
    await eventually(() => fixture.rows.count()).toBe(4);
  });

  test("save the shown envelopes as JSON lines", async () => {
    fixture.emit(...oneOfEach);
    await fixture.search("source:router");
    await fixture.shows("7 in total", "23 ms");
    const [download] = await Promise.all([
      fixture.page.waitForEvent("download"),
      fixture.button("Export").click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^loggregator-[\dTZ-]+\.ndjson$/);
    let text = "";
    for await (const chunk of await download.createReadStream()) {
      text += String(chunk);
    }
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([{ counter: { name: "requests" } }, { timer: { name: "http" } }]);
  });

  test("explain the search", async () => {
    await fixture.button("Search help").click();
    await fixture.page.getByText("field:req.method=GET", { exact: true }).waitFor();
    await fixture.page.keyboard.press("Escape");
    await fixture.page.locator("#list").focus();
    await fixture.page.keyboard.press("/");
    await eventually(() => fixture.page.evaluate(() => document.activeElement?.id)).toBe("query");
    expect(fixture.problems).toEqual([]);
  });
});
