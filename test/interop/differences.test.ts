import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { agree } from "./areas/area.js";
import { differences, explanation } from "./differences.js";
import { Oracle } from "./oracle.js";
import { describeInterop } from "./peer.js";

const document = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");

describeInterop("intended differences", () => {
  test.each(differences)("$title", async (difference) => {
    for (const { area, input } of difference.examples) {
      // One oracle per input: an input may end it.
      await using oracle = new Oracle();
      const { ours, reference } = await area.compare(input, oracle);
      expect(agree(ours, reference)).toBe(false);
      expect(explanation(area, input, ours, reference)?.title).toBe(difference.title);
    }
  });

  test("are listed in docs/compatibility.md, each with its reason", () => {
    for (const { title, reason } of differences) {
      expect(document).toContain(`- ${title} ${reason}\n`);
    }
  });

  test("were observed with the versions that docs/compatibility.md names", () => {
    const modules = readFileSync(new URL("peer/go.mod", import.meta.url), "utf8");
    const required = [...modules.matchAll(/^\t(\S+) (v\S+)$/gm)];
    expect(required).not.toEqual([]);
    for (const [, module, version] of required) {
      expect(document).toContain(`| ${module} | ${version} |\n`);
    }
  });
});
