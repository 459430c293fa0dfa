import { logEnvelope } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { findChromium, launchChromium } from "@loggregator/testing/chromium";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Example } from "../testing/example.js";

const executablePath = findChromium();
if (executablePath === undefined) {
  console.log("browser tests skipped: no Chromium on the PATH, and no CHROMIUM_PATH");
}

const token = "sesame";
const log = (text: string) =>
  logEnvelope(text, { sourceId: "my-app", instanceId: "0", stream: "stdout" });

describe.skipIf(executablePath === undefined)("the page in Chromium", () => {
  let browser: Browser;
  let emulator: Emulator;
  let server: Example;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium(executablePath ?? "");
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    emulator = await startEmulator({
      gateway: { tokens: { [token]: ["my-app"] } },
      logCache: { cors: true },
    });
    server = new Example("browser-recent/serve.js", {
      LOGGREGATOR_LOG_CACHE_URL: emulator.logCache.url,
      CF_TOKEN: token,
      PORT: "0",
    });
    const [url = ""] = await server.printed(/^http/);
    page = await browser.newPage();
    await page.goto(url);
    await page.getByLabel("Source ID").fill("my-app");
  });

  afterEach(async () => {
    await page?.close();
    await server?.[Symbol.asyncDispose]();
    await emulator?.close();
  });

  const show = () => page.getByRole("button", { name: "Show" }).click();
  const shown = (text: string) => page.locator("pre", { hasText: text }).waitFor();

  test("reads and follows a log-cache of another origin with a token", async () => {
    emulator.emit(log("one"));
    emulator.emit(log("<b>two</b>"));
    await page.getByLabel("Log-cache").fill(emulator.logCache.url);
    await page.getByLabel("Token").fill(token);
    await show();
    await shown("<b>two</b>");
    emulator.emit(log("three"));
    await shown("three");
    const text = (await page.locator("pre").textContent()) ?? "";
    expect(text.split("\n").map((line) => line.split(" ").slice(1).join(" "))).toEqual([
      "one",
      "<b>two</b>",
      "three",
      "",
    ]);
  });

  test("reads through its own server without a token", async () => {
    emulator.emit(log("through the server"));
    await show();
    await shown("through the server");
  });

  test("explains a refused token", async () => {
    await page.getByLabel("Log-cache").fill(emulator.logCache.url);
    await page.getByLabel("Token").fill("wrong");
    await show();
    await page
      .locator("output", {
        hasText: "The token is missing, expired, or not authorized for this source",
      })
      .waitFor();
  });
});
