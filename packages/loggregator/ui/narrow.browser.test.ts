import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { timerEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import {
  eventually,
  logs,
  oneOfEach,
  PageFixture,
  withoutChromium,
} from "./testing/pageFixture.js";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** The parts of a finding of axe-core that are reported. */
interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

const sizes = [
  { width: 390, height: 844 },
  { width: 900, height: 700 },
  { width: 1280, height: 800 },
];

describe.skipIf(withoutChromium)("the page in Chromium, at several sizes", () => {
  const fixture = new PageFixture();

  /** Shows many envelopes, and the details of one of them. */
  async function openDetails(): Promise<void> {
    const tags = { status_code: "200" };
    const timestamp = BigInt(Date.now()) * 1_000_000n;
    const request = timerEnvelope("http", 0n, 5_000_000n, { sourceId: "router", tags, timestamp });
    await fixture.emitAndReceive([...logs(500), request, ...oneOfEach], 506);
    await eventually(fixture.texts).toContain("v42 is live");
    await fixture.button("Pause").click();
    await fixture.rows.filter({ hasText: "payment" }).click();
    await fixture.button("Copy JSON").waitFor();
  }

  /** The serious and critical findings of axe-core. */
  async function findings(): Promise<string[]> {
    const { violations } = (await fixture.page.evaluate("axe.run()")) as {
      readonly violations: readonly Finding[];
    };
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  function smallTargets(): Promise<string[]> {
    return fixture.page.evaluate(() =>
      [...document.querySelectorAll("button, label, input[type=search], select, summary, a")]
        .filter((element) => element.checkVisibility())
        .filter((element) => {
          const { width, height } = element.getBoundingClientRect();
          return width < 24 || height < 24;
        })
        .map(({ outerHTML }) => outerHTML),
    );
  }

  test.each(sizes)(
    "has a list with text beside open details, and nothing outside the window, at $width pixels",
    async (size) => {
      const { page } = fixture;
      await page.setViewportSize(size);
      await openDetails();
      const boxes = await page.evaluate(() => {
        const heightOf = (id: string) => document.getElementById(id)?.clientHeight ?? 0;
        const outside = [...document.querySelectorAll("header, form, main, aside, button, input")]
          .filter((element) => element.checkVisibility() && element.closest("fieldset") === null)
          .filter((element) => {
            const { left, right, bottom } = element.getBoundingClientRect();
            return left < 0 || right > innerWidth || bottom > innerHeight;
          })
          .map(({ outerHTML }) => outerHTML);
        return { list: heightOf("list"), details: heightOf("details"), outside };
      });
      expect(boxes.outside).toEqual([]);
      expect(boxes.list).toBeGreaterThan(130);
      expect(boxes.details).toBeGreaterThan(200);
      // The selected row is not covered, and most of its width is text.
      await eventually(fixture.texts).toContain("payment: connection refused");
      const text = await page.locator(".row.selected .text").boundingBox();
      expect(text?.width).toBeGreaterThan(size.width * 0.3);
      const list = await page.locator("#list").boundingBox();
      expect(text?.y).toBeGreaterThanOrEqual(list?.y ?? 0);
      expect((text?.y ?? 0) + (text?.height ?? 0)).toBeLessThanOrEqual(
        (list?.y ?? 0) + (list?.height ?? 0) + 1,
      );
    },
  );

  test("has rows of two lines on a phone, the text first", async () => {
    const { page } = fixture;
    await page.setViewportSize({ width: 390, height: 844 });
    await fixture.emitAndReceive(oneOfEach, 5);
    await eventually(() => fixture.rows.count()).toBe(5);
    const search = await page.locator("#query").boundingBox();
    expect(search?.width).toBeGreaterThan(180);
    const row = fixture.rows.first();
    const [text, time] = await Promise.all([
      row.locator(".text").boundingBox(),
      row.locator(".time").boundingBox(),
    ]);
    expect(text?.y).toBeLessThan(time?.y ?? 0);
    expect(text?.width).toBeGreaterThan(340);
    // Arrow keys and clicks find the rows at their other height.
    await row.click();
    await page.getByRole("heading", { name: "Log, standard error" }).waitFor();
    await page.locator("#list").focus();
    await page.keyboard.press("ArrowDown");
    await page.getByRole("heading", { name: "Counter" }).first().waitFor();
  });

  test("keeps the first row in place when rows change between one and two lines", async () => {
    const { page } = fixture;
    await fixture.emitAndReceive(logs(1_000), 1_000);
    await eventually(fixture.texts).toContain("line 999");
    await page.locator("#list").focus();
    await page.keyboard.press("Home");
    for (let pages = 0; pages < 5; pages += 1) {
      await page.keyboard.press("PageDown");
    }
    await page.keyboard.press("Escape");
    const [first = ""] = await fixture.texts();
    await page.setViewportSize({ width: 390, height: 844 });
    await eventually(async () => (await fixture.rows.first().boundingBox())?.height).toBe(44);
    await eventually(async () => (await fixture.texts())[0]).toBe(first);
    await page.setViewportSize({ width: 1280, height: 800 });
    await eventually(async () => (await fixture.texts())[0]).toBe(first);
  });

  test.each(sizes)(
    "has no serious finding of axe-core at $width pixels, and targets of at least 24 pixels",
    async (size) => {
      const { page } = fixture;
      await page.setViewportSize(size);
      await page.evaluate(await readFile(axePath, "utf8"));
      expect(await findings()).toEqual([]);
      await openDetails();
      for (const view of ["Stream", "Metrics", "Requests"]) {
        await page.getByRole("link", { name: view }).click();
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          expect(await findings()).toEqual([]);
        }
        expect(await smallTargets()).toEqual([]);
      }
    },
  );

  test("shows the selection and pressed buttons in forced colors", async () => {
    const { page } = fixture;
    await page.emulateMedia({ forcedColors: "active" });
    await openDetails();
    const background = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => getComputedStyle(element).backgroundColor);
    const ground = await background("body");
    const highlight = await page.evaluate(() => {
      document.body.style.setProperty("outline-color", "Highlight");
      return getComputedStyle(document.body).outlineColor;
    });
    expect(highlight).not.toBe(ground);
    expect(await background(".row.selected")).toBe(highlight);
    expect(await background("#pause")).toBe(highlight);
    expect(await background("#list .row:not(.selected)")).not.toBe(highlight);
  });
});
