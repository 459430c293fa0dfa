import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { Pace } from "./pace.js";

test("a rate below one per month is not treated as unlimited", async () => {
  const ending = new AbortController();
  const waiting = new Pace(1e-9).next(ending.signal);
  expect(await Promise.race([waiting, delay(50, "still waiting")])).toBe("still waiting");
  ending.abort();
  await waiting;
});
