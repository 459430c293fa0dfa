import { fileURLToPath } from "node:url";
import { batches } from "@loggregator/testing/arbitraries";
import { bundleForBrowsers } from "@loggregator/testing/bundle";
import { findChromium, launchChromium } from "@loggregator/testing/chromium";
import fc from "fast-check";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as api from "../index.js";

// Browser bundles contain other code for JSON and base64, which `package.json` selects with the
// condition `browser`. Its results must be the same as in Node.js.

const executablePath = findChromium();

const parsed = fc.sample(batches(), { numRuns: 100, seed: 1 });
const gatewayTexts = parsed.map((batch) =>
  api.formatEnvelopeBatch(batch, { emitUnpopulated: true }),
);

/** Texts with one character changed: most of them are malformed. */
const changed = fc.sample(
  fc
    .tuple(
      fc.constantFrom(...gatewayTexts),
      fc.nat(),
      fc.constantFrom(
        "",
        '"',
        "\\",
        "\n",
        ",",
        "}",
        " ",
        "0",
        "é",
        "=",
        "-",
        "_",
        "\u0000",
        "1e400",
      ),
    )
    .map(([text, where, character]) => {
      const at = where % (text.length + 1);
      return text.slice(0, at) + character + text.slice(at + 1);
    }),
  { numRuns: 500, seed: 2 },
);

const logWith = (payload: string) => `{"batch":[{"log":{"payload":${JSON.stringify(payload)}}}]}`;

const texts = [
  ...gatewayTexts,
  ...parsed.map((batch) => api.formatEnvelopeBatch(batch)),
  ...changed,
  ...["", "{}", "[]", "null", '{"batch":null}', '{"batch":{}}', '{"batch":[null]}', "{"],
  ...["QQ", "QQ=", "QQ==", "QQ===", "Q", "=", "====", "QUJD=", "QU D", "QUJD\n", "QUÄD"].map(
    logWith,
  ),
  ...["-_-_", "+/+/", "+A-A", "__//", "QUI=QUI=", "QUJDR", "QR==", "\u{1f600}"].map(logWith),
];

type Api = typeof api;

/** Returns the result of parsing as text. Runs in Node.js and in the page. */
function outcomesOf({ parseEnvelopeBatch, formatEnvelopeBatch }: Api, from: readonly string[]) {
  return from.map((text) => {
    try {
      const batch = parseEnvelopeBatch(text);
      return `${formatEnvelopeBatch(batch, { emitUnpopulated: true })} ${JSON.stringify(batch)}`;
    } catch (error) {
      const { name, message } = error as Error;
      // The engine's message follows; it differs between versions.
      return `${name}: ${message.replace(/^invalid JSON.*/s, "invalid JSON")}`;
    }
  });
}

describe.skipIf(executablePath === undefined)("the JSON parser of browsers, in Chromium", () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium(executablePath ?? "");
    page = await browser.newPage();
    const code = await bundleForBrowsers(
      fileURLToPath(new URL("../../dist/index.js", import.meta.url)),
      "api",
    );
    expect(code).toContain("atob(");
    expect(code).not.toContain("class GatewayReader");
    await page.addScriptTag({ content: `${code}\n${outcomesOf}` });
  });

  afterAll(async () => {
    await browser?.close();
  });

  test("reads and writes batches as in Node.js, and rejects the same texts", async () => {
    const inPage = (from: readonly string[]) => outcomesOf(globalThis["api" as never], from);
    const outcomes = await page.evaluate(inPage, texts);
    expect(outcomes).toEqual(outcomesOf(api, texts));
    expect(
      outcomes.filter((outcome) => outcome.startsWith("EnvelopeDecodeError")).length,
    ).toBeGreaterThan(200);
  });
});
