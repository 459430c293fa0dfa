import { logEnvelope } from "@loggregator/api";
import { findChromium, launchChromium } from "@loggregator/testing/chromium";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Example } from "../testing/example.js";
import { Gateway } from "../testing/gateway.js";

const executablePath = findChromium();
if (executablePath === undefined) {
  console.log("browser tests skipped: no Chromium on the PATH, and no CHROMIUM_PATH");
}

const token = "sesame";
const log = (text: string) => logEnvelope(text, { sourceId: "my-app", instanceId: "0" });

describe.skipIf(executablePath === undefined)("the page in Chromium", () => {
  let browser: Browser;
  let gateway: Gateway;
  let server: Example;
  let page: Page;
  /** Uncaught errors of the page. */
  let pageErrors: string[];

  beforeAll(async () => {
    browser = await launchChromium(executablePath ?? "");
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    gateway = await Gateway.start(token);
    server = new Example("browser-tail/serve.js", {
      LOGGREGATOR_GATEWAY_URL: gateway.url,
      CF_TOKEN: token,
      PORT: "0",
    });
    const [url = ""] = await server.printed(/^http/);
    page = await browser.newPage();
    pageErrors = [];
    page.on("pageerror", (error) => pageErrors.push(String(error)));
    await page.goto(url);
  });

  afterEach(async () => {
    await page?.close();
    await server?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
  });

  const texts = () => page.locator("li .text").allTextContents();
  const click = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const status = (text: string) => page.locator("output", { hasText: text }).waitFor();

  test("shows envelopes as they arrive from a gateway of another origin, and Stop closes the connection", async () => {
    await page.getByLabel("Gateway").fill(gateway.url);
    await page.getByLabel("Token").fill(token);
    await page.getByLabel("Source ID").fill("my-app");
    await click("Start");
    const stream = await gateway.stream();
    expect(stream.url).toBe("/v2/read?source_id=my-app&log&counter&gauge&timer&event");
    expect(gateway.requests.map(({ method }) => method)).toEqual(["OPTIONS", "GET"]);

    stream.send(log("one"), log("two"));
    await status("streaming, 2 received");
    stream.send(log("three"));
    await status("streaming, 3 received");
    expect(await texts()).toEqual(["one", "two", "three"]);

    await click("Stop");
    await stream.closed;
    await status("stopped, 3 received");
    expect(gateway.requests).toHaveLength(2);
    expect(pageErrors).toEqual([]);
  });

  test("reads through its own server without a token, stops, and starts again", async () => {
    for (const text of ["first", "second"]) {
      await click("Start");
      const stream = await gateway.stream();
      stream.send(log(text));
      await page.getByText(text).waitFor();
      await click("Stop");
      await stream.closed;
      await status("stopped, 1 received");
    }
    expect(await page.getByLabel("Token").inputValue()).toBe("");
    expect(pageErrors).toEqual([]);
  });

  test("shows markup in envelopes as text", async () => {
    const markup = `<img src="/x" onerror="document.title = 'owned'"><script>document.title = "owned"</script>&lt;b&gt;`;
    await click("Start");
    const stream = await gateway.stream();
    stream.send(logEnvelope(markup, { sourceId: markup, instanceId: markup }));
    await status("streaming, 1 received");
    expect(await texts()).toEqual([markup]);
    expect(await page.locator("li .source").allTextContents()).toEqual([`${markup}/${markup}`]);
    expect(await page.locator("ol img, ol script, ol b").count()).toBe(0);
    expect(await page.title()).toBe("Loggregator in the browser");
  });

  test("keeps the newest 500 envelopes, in order", async () => {
    await click("Start");
    const stream = await gateway.stream();
    for (let first = 0; first < 1_200; first += 100) {
      stream.send(...Array.from({ length: 100 }, (_, index) => log(`line ${first + index}`)));
    }
    await status("streaming, 1200 received");
    expect(await texts()).toEqual(Array.from({ length: 500 }, (_, index) => `line ${700 + index}`));
  });

  test("shows why the gateway refused, and lets the user try again", async () => {
    await page.getByLabel("Gateway").fill(gateway.url);
    await page.getByLabel("Token").fill("wrong");
    await click("Start");
    await status("404");
    await page.getByLabel("Token").fill(token);
    await click("Start");
    await (await gateway.stream()).send(log("now"));
    await page.getByText("now", { exact: true }).waitFor();
  });
});
