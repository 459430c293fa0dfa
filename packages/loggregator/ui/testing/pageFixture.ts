import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { findChromium, launchChromium } from "@loggregator/testing/chromium";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { EnvelopeHub } from "../../src/ui/envelopeHub.js";
import { startUiServer, type UiServer } from "../../src/ui/uiServer.js";

const executablePath = findChromium();

/** Whether there is no Chromium to run the tests in. */
export const withoutChromium = executablePath === undefined;

if (withoutChromium) {
  console.log("browser tests skipped: no Chromium on the PATH, and no CHROMIUM_PATH");
}

/** The timeout is long because the machine may be busy. */
export const eventually = <T>(get: () => Promise<T>) => expect.poll(get, { timeout: 20_000 });

const app = { sourceId: "my-app", instanceId: "0" };

export const log = (text: string) => logEnvelope(text, app);

export const logs = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => log(`line ${from + index}`));

export const oneOfEach = [
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

/** The page's server, and the page in a new tab for each test of a file. */
export class PageFixture {
  /** The source of the page's envelopes. */
  hub!: EnvelopeHub;
  server!: UiServer;
  page!: Page;
  /** Errors and messages of the page, and its requests to other servers. */
  problems: string[] = [];
  #browser: Browser | undefined;

  constructor() {
    beforeAll(async () => {
      this.#browser = await launchChromium(executablePath ?? "");
    });
    afterAll(async () => {
      await this.#browser?.close();
    });
    beforeEach(() => this.#open());
    afterEach(async () => {
      await this.page?.close();
      await this.server?.close();
    });
  }

  /** The visible rows of the list. */
  get rows(): Locator {
    return this.page.locator("#list .row:not([hidden])");
  }

  get details(): Locator {
    return this.page.locator("#details");
  }

  /** The texts of the visible rows. */
  readonly texts = () => this.rows.locator(".text").allTextContents();

  /** The fragment of the address. */
  readonly fragment = () => this.page.evaluate(() => location.hash);

  readonly button = (name: string | RegExp) => this.page.getByRole("button", { name });

  /** Replaces the text of the search box. */
  readonly search = (query: string) => this.page.getByLabel("Search", { exact: true }).fill(query);

  emit(...envelopes: Envelope[]): void {
    this.hub.addBatch(envelopes);
  }

  /** Waits until the list shows these texts. */
  async shows(...wanted: string[]): Promise<void> {
    await eventually(this.texts).toEqual(wanted);
  }

  /** Emits envelopes, and waits until the page has received this many in total. */
  async emitAndReceive(envelopes: readonly Envelope[], total: number): Promise<void> {
    this.emit(...envelopes);
    const text = total.toLocaleString("en-US");
    // It is hidden in narrow windows.
    await this.page.locator("#total", { hasText: text }).waitFor({ state: "attached" });
  }

  /** Waits until the state of the connection is shown as this text. */
  async hasStatus(text: string): Promise<void> {
    await this.page.locator("output", { hasText: text }).waitFor();
  }

  async #open(): Promise<void> {
    this.hub = new EnvelopeHub();
    this.server = await startUiServer({ hub: this.hub, source: "a test", port: 0 });
    const page = await this.#browser?.newPage({ viewport: { width: 1280, height: 800 } });
    if (page === undefined) {
      throw new Error("Chromium is not running");
    }
    this.page = page;
    this.problems = [];
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => this.problems.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith(`${this.server.url}/`)) {
        this.problems.push(request.url());
      }
    });
    await page.goto(this.server.url);
    await this.hasStatus("Connected");
  }
}
