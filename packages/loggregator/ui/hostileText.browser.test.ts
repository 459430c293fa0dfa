import {
  counterEnvelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { eventually, PageFixture, withoutChromium } from "./testing/pageFixture.js";

describe.skipIf(withoutChromium)("hostile text in Chromium", () => {
  const fixture = new PageFixture();

  test("shows markup in an envelope as text", async () => {
    const markup = `<img src="/x" onerror="document.title = 'owned'"><script>document.title = "owned"</script>&lt;b&gt;`;
    const tags = { [markup]: markup, source_type: markup };
    const options = { sourceId: markup, instanceId: markup, tags };
    fixture.emit(
      logEnvelope(`${markup}\n\u001b[31m\u202e`, options),
      eventEnvelope(markup, markup, options),
      gaugeEnvelope({ [markup]: { value: 1, unit: markup } }, options),
      counterEnvelope(markup, { ...options, total: 1 }),
      timerEnvelope(markup, 0n, 1n, options),
    );
    await fixture.shows(`${markup}\\n\\u202e`, markup, `1 ${markup}`, "1 in total", "1 ns");
    for (let index = 0; index < 5; index += 1) {
      await fixture.rows.nth(index).click();
      await eventually(() => fixture.details.textContent()).toContain(markup);
    }
    await fixture.button(markup).first().click();
    await eventually(() => fixture.rows.count()).toBe(5);
    expect(await fixture.page.locator("main img, main script, main b, datalist img").count()).toBe(
      0,
    );
    expect(await fixture.page.title()).toBe("a test · Loggregator");
    // The browser enforces it, whatever the code of the page does.
    const refusal = await fixture.page.evaluate(() => {
      try {
        document.body.innerHTML = "<b>";
        return undefined;
      } catch (error) {
        return String(error);
      }
    });
    expect(refusal).toContain("TrustedHTML");
  });

  test("escapes control characters everywhere, including in copied and typed text", async () => {
    const evil = "a\u001b[2J\u009b\u202e\u0007z";
    const shown = "a\\x1b[2J\\x9b\\u202e\\x07z";
    const tags = { [evil]: evil };
    const options = { sourceId: evil, instanceId: evil, tags };
    fixture.emit(
      logEnvelope(`${evil}\n\tnext`, { ...options, sourceType: evil }),
      counterEnvelope(evil, options),
      gaugeEnvelope({ [evil]: { value: 1, unit: evil } }, options),
      timerEnvelope(evil, 0n, 1n, options),
      eventEnvelope(evil, `${evil}\n\tnext`, options),
    );
    await eventually(() => fixture.rows.count()).toBe(5);
    for (let index = 0; index < 5; index += 1) {
      await fixture.rows.nth(index).click();
      await eventually(() => fixture.details.textContent()).toContain(shown);
    }
    expect(await fixture.details.locator("pre").first().textContent()).toBe(`${shown}\n\tnext`);
    await fixture.details.getByRole("button", { name: "a\\x1b" }).first().click();
    expect(await fixture.page.locator("#query").inputValue()).toBe(
      "app:/a\\x1b\\[2J\\x9b\\u202e\\x07z/",
    );
    await eventually(() => fixture.rows.count()).toBe(5);
    await fixture.search("/\\x1b\\[2J/");
    await eventually(() => fixture.rows.count()).toBe(5);

    await fixture.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await fixture.button("Copy JSON").click();
    await fixture.button("Copied").waitFor();
    const copied = await fixture.page.evaluate(() => navigator.clipboard.readText());
    expect(JSON.parse(copied)).toMatchObject({ source_id: evil, event: { title: evil } });
    const everything = await fixture.page.evaluate(() => {
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
});
