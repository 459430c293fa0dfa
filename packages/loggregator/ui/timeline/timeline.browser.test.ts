import { logEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { eventually, PageFixture, withoutChromium } from "../testing/pageFixture.js";

const start = Date.UTC(2026, 0, 31, 12);

describe.skipIf(withoutChromium)("the timeline of the page in Chromium", () => {
  const fixture = new PageFixture();
  const timeline = () => fixture.page.getByRole("slider");
  const chip = () => fixture.page.locator("#range");

  /** Emits a log each second for 100 seconds. */
  async function emitLogs(): Promise<void> {
    const envelopes = Array.from({ length: 100 }, (_, second) =>
      logEnvelope(`second ${second}`, {
        timestamp: BigInt(start + second * 1_000) * 1_000_000n,
        stream: second === 50 ? "stderr" : "stdout",
      }),
    );
    await fixture.emitAndReceive(envelopes, 100);
    await eventually(() => fixture.page.locator("#timeline-all").getAttribute("d")).toContain("V");
  }

  test("selects a range with the pointer, and shows it in the address", async () => {
    const { page } = fixture;
    await emitLogs();
    expect(await page.locator("#timeline-errors").getAttribute("d")).toMatch(/^M[^M]+Z$/);
    const box = await timeline().boundingBox();
    const { x = 0, y = 0, width = 0 } = box ?? {};
    await page.mouse.move(x + width * 0.25, y + 20);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + 20, { steps: 4 });
    expect(await page.locator("#timeline-brush").isVisible()).toBe(true);
    await page.mouse.up();
    await eventually(() => chip().isVisible()).toBe(true);
    const shown = () => page.locator("#summary").textContent();
    await eventually(shown).toMatch(/^2[4-8] of 100 shown/);
    const texts = await fixture.texts();
    expect(texts.at(0)).toMatch(/^second 2[4-6]$/);
    expect(texts.at(-1)).toMatch(/^second (49|50|51)$/);
    const count = await shown();
    await page.reload();
    await eventually(shown).toBe(count);
    await chip().click();
    await eventually(shown).toBe("100 of 100 shown");
    await eventually(fixture.fragment).toBe("");
  });

  test("selects a range with the keyboard", async () => {
    const { page } = fixture;
    await emitLogs();
    await timeline().focus();
    await page.keyboard.press("Home");
    // Bars of half a second.
    await eventually(() => timeline().getAttribute("aria-valuetext")).toMatch(/ · 1$/);
    await page.keyboard.press("Enter");
    for (let bins = 1; bins < 20; bins += 1) {
      await page.keyboard.press("ArrowRight");
    }
    await page.keyboard.press("Enter");
    await eventually(() => page.locator("#summary").textContent()).toBe("10 of 100 shown");
    await page.keyboard.press("Escape");
    await eventually(() => page.locator("#summary").textContent()).toBe("100 of 100 shown");
  });
});
