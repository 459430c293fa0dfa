import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { findChromium, launchChromium } from "@loggregator/testing/chromium";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startUiServer, type UiServer } from "../src/uiServer.js";

const executablePath = findChromium();
if (executablePath === undefined) {
  console.log("browser tests skipped: no Chromium on the PATH, and no CHROMIUM_PATH");
}

/** The timeout is long because the machine may be busy. */
const eventually = <T>(get: () => Promise<T>) => expect.poll(get, { timeout: 20_000 });

const app = { sourceId: "my-app", instanceId: "0" };
const log = (text: string) => logEnvelope(text, app);
const logs = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => log(`line ${from + index}`));

const oneOfEach = [
  logEnvelope("payment: connection refused", {
    ...app,
    sourceType: "APP/PROC/WEB",
    tags: { deployment: "cf" },
  }),
  counterEnvelope("requests", { sourceId: "router", instanceId: "1", total: 7 }),
  gaugeEnvelope({ cpu: { value: 12.5, unit: "percentage" } }, app),
  timerEnvelope("http", 1_000_000_000n, 1_023_000_000n, { sourceId: "router", instanceId: "2" }),
  eventEnvelope("deploy", "v42 is live", { sourceId: "deployer" }),
];

describe.skipIf(executablePath === undefined)("the page in Chromium", () => {
  let browser: Browser;
  let emulator: Emulator;
  let server: UiServer;
  let page: Page;
  /** Errors and messages of the page, and its requests to other servers. */
  let problems: string[];

  beforeAll(async () => {
    browser = await launchChromium(executablePath ?? "");
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    emulator = await startEmulator();
    server = await startUiServer({ gatewayUrl: emulator.gateway.url, token: "any" });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => problems.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith(`${server.url}/`)) {
        problems.push(request.url());
      }
    });
    await page.goto(server.url);
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
  });

  afterEach(async () => {
    await page?.close();
    await server?.close();
    await emulator?.close();
  });

  const rows = () => page.locator("#list .row:not([hidden])");
  const texts = () => rows().locator(".text").allTextContents();
  const button = (name: string | RegExp) => page.getByRole("button", { name });
  const details = () => page.locator("#details");
  const status = (text: string) => page.locator("output", { hasText: text }).waitFor();

  function emit(...envelopes: Envelope[]): void {
    for (const envelope of envelopes) {
      emulator.emit(envelope);
    }
  }

  /** Waits until the list shows these texts. */
  async function shows(...wanted: string[]): Promise<void> {
    await eventually(texts).toEqual(wanted);
  }

  /** Emits envelopes, and waits until the page has received this many in total. */
  async function emitAndReceive(envelopes: readonly Envelope[], total: number): Promise<void> {
    emit(...envelopes);
    await page.locator("#total", { hasText: total.toLocaleString("en-US") }).waitFor();
  }

  test("shows envelopes of all five types as they arrive", async () => {
    await page.getByText("No envelopes yet").waitFor();
    emit(...oneOfEach);
    await eventually(() => rows().count()).toBe(5);
    const parts = await rows().evaluateAll((all) =>
      all.map((row) => [...row.children].slice(1).map(({ textContent }) => textContent)),
    );
    expect(parts).toEqual([
      ["my-app", "0", "log err", "APP/PROC/WEB", "payment: connection refused"],
      ["router", "1", "counter", "requests", "7 in all"],
      ["my-app", "0", "gauge", "cpu", "12.5 %"],
      ["router", "2", "timer", "http", "23 ms"],
      ["deployer", "", "event", "deploy", "v42 is live"],
    ]);
    expect(await rows().first().locator(".time").textContent()).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
    await eventually(() => page.locator("#total").textContent()).toBe("5");
    expect(await page.locator("label .count").allTextContents()).toEqual(["1", "1", "1", "1", "1"]);
    expect(await page.getByText("No envelopes yet").isVisible()).toBe(false);
    expect(problems).toEqual([]);
  });

  test("shows names of apps, requests and units, and finds apps by name and id", async () => {
    const tags = { app_name: "checkout", method: "GET", uri: "http://x/cart", status_code: "200" };
    emit(
      timerEnvelope("http", 0n, 366_123_456n, { sourceId: "guid-1", tags }),
      gaugeEnvelope({ memory: { value: 119_537_664, unit: "bytes" } }, { sourceId: "guid-2" }),
    );
    await shows("GET /cart 200 366 ms", "114 MiB");
    expect(await rows().locator(".source").allTextContents()).toEqual(["checkout", "guid-2"]);
    for (const source of ["CHECK", "guid-1"]) {
      await page.getByLabel("Source", { exact: true }).fill(source);
      await shows("GET /cart 200 366 ms");
    }
  });

  test("filters existing and new envelopes by type, source and text", async () => {
    emit(...oneOfEach);
    await eventually(() => rows().count()).toBe(5);
    for (const type of ["Logs", "Gauges", "Events"]) {
      await page.getByLabel(type).uncheck();
    }
    await shows("7 in all", "23 ms");
    await page.getByLabel("Name or text").fill("HTTP");
    await shows("23 ms");
    await page.getByLabel("Name or text").fill("nothing like it");
    await shows();
    await button("Show all").click();
    await eventually(() => rows().count()).toBe(5);
    await page.getByLabel("Source", { exact: true }).fill("APP/0");
    await shows("payment: connection refused", "12.5 %");
    expect(await page.locator("#sources option").evaluateAll((all) => all.length)).toBe(3);
    emit(...oneOfEach.slice(0, 2));
    await shows("payment: connection refused", "12.5 %", "payment: connection refused");
    await page.locator("#summary", { hasText: "3 shown of 7 kept" }).waitFor();
  });

  test("keeps the list while paused, continues to count, and catches up", async () => {
    emit(log("before"));
    await shows("before");
    await button("Pause").click();
    emit(log("while"), ...logs(299));
    await button("Resume · 300 new").waitFor();
    expect(await page.locator("#total").textContent()).toBe("301");
    await shows("before");
    // The filter works while the list is paused.
    await page.getByLabel("Name or text").fill("while");
    await shows();
    await button(/Resume/).click();
    await shows("while");
    await button("Pause").waitFor();
  });

  test("keeps the list while the user has scrolled back", async () => {
    await emitAndReceive(logs(2_000), 2_000);
    await eventually(texts).toContain("line 1999");
    await page.locator("#list").hover();
    await page.mouse.wheel(0, -4_000);
    await button(/Resume/).waitFor();
    await eventually(texts).not.toContain("line 1999");
    const seen = await texts();
    await emitAndReceive(logs(2_000, 2_000), 4_000);
    expect(await texts()).toEqual(seen);
    await page.mouse.wheel(0, 100_000);
    await button("Pause").waitFor();
    await eventually(texts).toContain("line 3999");
  });

  test("stays at the same place when the filter changes while paused", async () => {
    await emitAndReceive([...logs(1_000), ...oneOfEach, ...logs(1_000, 1_000)], 2_005);
    await eventually(texts).toContain("line 1999");
    await button("Pause").click();
    await page.getByLabel("Name or text").fill("payment");
    await shows("payment: connection refused");
    await rows().first().click();
    await page.getByLabel("Name or text").fill("");
    await eventually(texts).toContain("payment: connection refused");
    expect((await texts())[0]).toBe("payment: connection refused");
    expect(await page.locator(".row.selected .text").textContent()).toBe(
      "payment: connection refused",
    );
  });

  test("shows all of an envelope on a click", async () => {
    const parts = (which: "first" | "last") =>
      details().locator("dl")[which]().locator("dt, dd").allTextContents();
    emit(...oneOfEach);
    await eventually(() => rows().count()).toBe(5);
    await rows().nth(0).click();
    await page.getByRole("heading", { name: "Log, standard error" }).waitFor();
    expect(await details().locator("pre").first().textContent()).toBe(
      "payment: connection refused",
    );
    expect(await parts("last")).toEqual(["deployment", "cf", "source_type", "APP/PROC/WEB"]);
    await rows().nth(3).click();
    expect(await parts("first")).toEqual(
      ["Name", "http", "Duration", "23 ms"].concat(
        "Start",
        "1000000000 ns",
        "Stop",
        "1023000000 ns",
      ),
    );
    const json = (await details().locator("details pre").textContent()) ?? "";
    expect(JSON.parse(json)).toMatchObject({
      source_id: "router",
      timer: { name: "http", start: "1000000000", stop: "1023000000" },
    });
    await button("router").click();
    await shows("7 in all", "23 ms");
    await button("Close").click();
    expect(await details().isVisible()).toBe(false);
  });

  test("shows the envelope that was under the pointer when the button was pressed", async () => {
    await emitAndReceive(logs(100), 100);
    await eventually(texts).toContain("line 99");
    const { x, y } = (await page.getByText("line 90", { exact: true }).boundingBox()) ?? {
      x: 0,
      y: 0,
    };
    await page.mouse.move(x + 5, y + 5);
    await page.mouse.down();
    await emitAndReceive(logs(100, 100), 200);
    await eventually(texts).toContain("line 199");
    await page.mouse.up();
    await eventually(() => details().locator("pre").first().textContent()).toBe("line 90");
  });

  test("can be used with the keyboard alone", async () => {
    await emitAndReceive(logs(500), 500);
    await page.locator("#list").focus();
    const selected = () => page.locator("[role=option][aria-selected=true] .text").textContent();
    await page.keyboard.press("ArrowUp");
    await eventually(selected).toBe("line 499");
    await page.keyboard.press("ArrowUp");
    await eventually(selected).toBe("line 498");
    await button(/Resume/).waitFor();
    await page.keyboard.press("Home");
    await eventually(selected).toBe("line 0");
    await page.keyboard.press("ArrowDown");
    await eventually(selected).toBe("line 1");
    const active = await page.locator("#list").getAttribute("aria-activedescendant");
    expect(await page.locator(`#${active} .text`).textContent()).toBe("line 1");
    expect(await details().locator("pre").first().textContent()).toBe("line 1");
    await page.keyboard.press("Escape");
    expect(await details().isVisible()).toBe(false);
    await page.keyboard.press("Space");
    await button("Pause").waitFor();
    await eventually(texts).toContain("line 499");
  });

  test("shows markup in an envelope as text", async () => {
    const markup = `<img src="/x" onerror="document.title = 'owned'"><script>document.title = "owned"</script>&lt;b&gt;`;
    const tags = { [markup]: markup, source_type: markup };
    const options = { sourceId: markup, instanceId: markup, tags };
    emit(
      logEnvelope(`${markup}\n\u001b[31m\u202e`, options),
      eventEnvelope(markup, markup, options),
      gaugeEnvelope({ [markup]: { value: 1, unit: markup } }, options),
      counterEnvelope(markup, { ...options, total: 1 }),
      timerEnvelope(markup, 0n, 1n, options),
    );
    await shows(`${markup}\\n\\x1b[31m\\u202e`, markup, `1 ${markup}`, "1 in all", "1 ns");
    for (let index = 0; index < 5; index += 1) {
      await rows().nth(index).click();
      await eventually(() => details().textContent()).toContain(markup);
    }
    await button(markup).click();
    await eventually(() => rows().count()).toBe(5);
    expect(await page.locator("main img, main script, main b, datalist img").count()).toBe(0);
    expect(await page.title()).toBe("Loggregator");
    // The browser enforces it, whatever the code of the page does.
    const refusal = await page.evaluate(() => {
      try {
        document.body.innerHTML = "<b>";
        return undefined;
      } catch (error) {
        return String(error);
      }
    });
    expect(refusal).toContain("TrustedHTML");
  });

  test("escapes control characters everywhere, also in what is copied and typed", async () => {
    const evil = "a\u001b[2J\u009b\u202e\u0007z";
    const shown = "a\\x1b[2J\\x9b\\u202e\\x07z";
    const tags = { [evil]: evil };
    const options = { sourceId: evil, instanceId: evil, tags };
    emit(
      logEnvelope(`${evil}\n\tnext`, { ...options, sourceType: evil }),
      counterEnvelope(evil, options),
      gaugeEnvelope({ [evil]: { value: 1, unit: evil } }, options),
      timerEnvelope(evil, 0n, 1n, options),
      eventEnvelope(evil, `${evil}\n\tnext`, options),
    );
    await eventually(() => rows().count()).toBe(5);
    for (let index = 0; index < 5; index += 1) {
      await rows().nth(index).click();
      await eventually(() => details().textContent()).toContain(shown);
    }
    expect(await details().locator("pre").first().textContent()).toBe(`${shown}\n\tnext`);
    await details().getByRole("button", { name: "a\\x1b" }).click();
    expect(await page.getByLabel("Source", { exact: true }).inputValue()).toBe(shown);
    await eventually(() => rows().count()).toBe(5);
    await page.getByLabel("Name or text").fill("\\X1B[2J");
    await eventually(() => rows().count()).toBe(5);

    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await button("Copy JSON").click();
    await button("Copied").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(JSON.parse(copied)).toMatchObject({ source_id: evil, event: { title: evil } });
    const everything = await page.evaluate(() => {
      const values = [...document.querySelectorAll("input, option")].map((element) =>
        String((element as HTMLInputElement).value),
      );
      const titles = [...document.querySelectorAll("[title]")].map((element) =>
        String(element.getAttribute("title")),
      );
      return [document.body.textContent ?? "", ...values, ...titles].join("");
    });
    for (const text of [everything, copied]) {
      expect(text.replace(/[\n\t]/g, "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }
  });

  test("stays usable with envelopes that are very large", async () => {
    const metrics = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`metric-${index}`, { value: index }]),
    );
    const long = "x".repeat(200_000);
    emit(
      gaugeEnvelope(metrics, { sourceId: long, tags: { [long]: long } }),
      logEnvelope(long, { sourceId: long }),
    );
    await eventually(() => rows().count()).toBe(2);
    await rows().nth(0).click();
    await page.getByText('and 19500 more, which "Copy JSON" includes').waitFor();
    expect(await details().locator("dt").count()).toBeLessThan(600);
    await rows().nth(1).click();
    await eventually(() => details().locator("pre").first().textContent()).toContain(
      "180000 more characters",
    );
    expect(await page.locator("#sources option").count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test("shows the state of the connection, and reconnects", async () => {
    await status("Connected");
    emit(log("before"));
    await shows("before");
    const { address } = emulator.gateway;
    await emulator.close();
    await status("Reconnecting");
    expect(await page.locator("output").getAttribute("title")).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    await shows("before");
    emulator = await startEmulator({ gateway: { address } });
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    await status("Connected");
    emit(log("after"));
    await shows("before", "after");
  });

  test("continues after the gateway has ended or refused a stream", async () => {
    const { address } = emulator.gateway;
    await emulator.close();
    emulator = await startEmulator({ gateway: { address, tokens: { other: "all" } } });
    await page.locator("output[title*='404']").waitFor();
    await emulator.close();
    emulator = await startEmulator({ gateway: { address, streamTimeoutMs: 500 } });
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    await status("Connected");
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 0);
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    await status("Connected");
  });

  test("is usable at a width of 700 pixels, in dark colors", async () => {
    await page.setViewportSize({ width: 700, height: 700 });
    await page.emulateMedia({ colorScheme: "dark" });
    await emitAndReceive([...logs(500), ...oneOfEach], 505);
    await eventually(texts).toContain("v42 is live");
    await button("Pause").click();
    await rows().filter({ hasText: "v42" }).click();
    await button("Copy JSON").waitFor();
    // The details take half of the list's room, but not their own row's.
    await eventually(async () => (await rows().count()) < 20).toBe(true);
    await eventually(texts).toContain("v42 is live");
    const overflow = await page.evaluate(() =>
      [...document.querySelectorAll("header, form, main, button, input, aside")]
        .filter((element) => element.getBoundingClientRect().right > innerWidth)
        .map(({ id }) => id),
    );
    expect(overflow).toEqual([]);
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(ground).toBe("rgb(20, 23, 27)");
  });
});
