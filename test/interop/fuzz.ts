import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Area, agree } from "./areas/area.js";
import { explanation } from "./differences.js";
import { Oracle } from "./oracle.js";
import { describeInterop } from "./peer.js";

/** How many inputs each area is given, and which. */
const cases = Number(process.env["INTEROP_CASES"] ?? 20_000);
const seed = Number(process.env["INTEROP_SEED"] ?? 20_261_122);
/** Each case is a question to another process, and an answer. */
const timeoutMs = 60_000 + cases * 5;
/** A fault is made smaller for as long as there is time to report it. */
const interruptAfterTimeLimit = timeoutMs - 10_000;

/** One test for each area: random inputs go to both sides, and what they make of them is the same. */
export function fuzz(...areas: readonly Area<unknown>[]): void {
  describeInterop("random inputs", () => {
    let oracle: Oracle;
    beforeAll(() => {
      oracle = new Oracle();
    });
    afterAll(() => oracle[Symbol.asyncDispose]());

    test.each(areas.map((area) => ({ area, name: area.name })))(
      "$name: both sides make the same of them",
      async ({ area }) => {
        await fc.assert(
          fc.asyncProperty(area.cases, async (input) => {
            const { ours, reference } = await area.compare(input, oracle);
            if (agree(ours, reference)) {
              return;
            }
            if (explanation(area, input, ours, reference) !== undefined) {
              return;
            }
            expect({ ours }).toEqual({ ours: reference });
          }),
          { numRuns: cases, seed, interruptAfterTimeLimit, markInterruptAsFailure: true },
        );
      },
      timeoutMs,
    );
  });
}
