import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findChromium, launchChromium } from "@loggregator/testing/chromium";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const site = fileURLToPath(new URL("../../dist/site", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};
const guides = readdirSync(site).filter((file) => file.endsWith(".html"));

const executablePath = findChromium();
if (executablePath === undefined) {
  console.log("browser tests skipped: no Chromium on the PATH, and no CHROMIUM_PATH");
}

describe.skipIf(executablePath === undefined)("the site in Chromium", () => {
  let browser: Browser;
  let server: Server;
  let origin: string;
  let context: BrowserContext;
  let page: Page;
  /** Errors on the console, uncaught ones, and requests that leave the site. */
  let faults: string[];

  beforeAll(async () => {
    browser = await launchChromium(executablePath ?? "");
    server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://site").pathname;
      try {
        const body = readFileSync(join(site, path));
        response.setHeader("content-type", types[extname(path)] ?? "application/octet-stream");
        response.end(body);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  beforeEach(() => {
    faults = [];
  });

  afterEach(async () => {
    await context?.close();
  });

  async function open(path: string, options: BrowserContextOptions = {}, base = origin) {
    context = await browser.newContext(options);
    page = await context.newPage();
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") {
        faults.push(message.text());
      }
    });
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(base)) {
        faults.push(`request to ${request.url()}`);
      }
    });
    await page.goto(base + path);
  }

  test("pages link to each other, without scripts", async () => {
    await open("index.html", { javaScriptEnabled: false });
    await page.getByRole("navigation").getByRole("link", { name: "Protocol" }).click();
    expect(await page.locator("h1").textContent()).toBe("Protocol");
    const current = page.locator("nav [aria-current=page]");
    expect(await current.textContent()).toBe("Protocol");
    await page.getByRole("navigation").getByRole("link", { name: "Decisions" }).click();
    await page.getByRole("link", { name: "5", exact: true }).click();
    expect(page.url()).toContain("decisions.html#5-acknowledged");
    await page.getByRole("navigation").getByRole("link", { name: "API reference" }).click();
    await page.getByRole("link", { name: "@loggregator/ingress", exact: true }).last().click();
    await page.locator("#ingressclientoptions").waitFor();
    expect(faults).toEqual([]);
  });

  test("the search finds sections of guides and exported names", async () => {
    await open("index.html");
    await page.getByRole("searchbox").fill("too_many_pings");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("link", { name: "Protocol: Keepalive" }).click();
    expect(page.url()).toContain("protocol.html#keepalive");
    await page.goto(`${origin}search.html?q=loadIngressTls`);
    await page.locator("#results a[href='api/ingress-reference.html#loadingresstls']").waitFor();
    const searchbox = page.getByRole("searchbox", { name: "Search all pages" });
    await searchbox.fill("CORS");
    await page.locator("#results a[href='api/rlp-gateway.html#in-a-browser']").waitFor();
    await searchbox.fill("xyzzyqwerty");
    await page.getByRole("status").filter({ hasText: "0 sections found" }).waitFor();
    expect(faults).toEqual([]);
  });

  test("the search ranks sections with the phrase first, also of a pasted error", async () => {
    await open("search.html?q=the command failed: stream=1 of x: sharding is per selector");
    const first = page.locator("#results a").first();
    expect(await first.getAttribute("href")).toMatch(/^(protocol.html|api\/egress.html)#/);
    expect(faults).toEqual([]);
  });

  test("the search works in a folder, without a server", async () => {
    await open("search.html?q=keepalive", {}, `${pathToFileURL(site).href}/`);
    await page.getByRole("link", { name: "Protocol: Keepalive" }).waitFor();
    expect(faults).toEqual([]);
  });

  const looks = [
    { name: "a phone, light", viewport: { width: 360, height: 740 }, colorScheme: "light" },
    { name: "a phone, dark", viewport: { width: 360, height: 740 }, colorScheme: "dark" },
    { name: "a desktop, light", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
    { name: "a desktop, dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  ] as const;

  test.each(looks)("is accessible on $name", async ({ viewport, colorScheme }) => {
    await open("index.html", { viewport, colorScheme });
    const checked = ["api/index.html", "api/ingress.html", "api/ingress-reference.html"];
    for (const path of [...guides, ...checked]) {
      await page.goto(origin + path);
      await page.evaluate(axe);
      const findings = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
        const { violations } = await axe.run();
        return violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`);
      });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect({ path, findings, width }).toEqual({ path, findings: [], width: viewport.width });
    }
    expect(faults).toEqual([]);
  });
});
