import { expect, test } from "vitest";
import { loggregator } from "../../testing/loggregator.js";

test("shows every type on its way, and that all of them arrived", async () => {
  const { code, stdout, stderr } = await loggregator(["demo"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const type of ["LOG", "LOG ERR", "COUNTER", "GAUGE", "TIMER", "EVENT"]) {
    expect(stdout).toMatch(new RegExp(`demo-app/0 +${type} `));
  }
  expect(stdout.match(/ ok$/gm)).toHaveLength(5);
  expect(stdout).toMatch(/round trip by gateway: \d+ ms at best/);
});

test("tells machines the same", async () => {
  const { code, stdout } = await loggregator(["demo", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    egress: { complete: true, arrived: { log: 5, counter: 2, gauge: 1, timer: 2, event: 1 } },
    gateway: { complete: true },
  });
});
