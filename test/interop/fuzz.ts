import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Area, agree } from "./areas/area.js";
import { explanation } from "./differences.js";
import { Oracle } from "./oracle.js";
import { describeInterop } from "./peer.js";

/** The number of inputs per area, and their seed. */
const cases = Number(process.env["INTEROP_CASES"] ?? 20_000);
const seed = Number(process.env["INTEROP_SEED"] ?? 20_261_122);
/** The time limit of a test in milliseconds: each input is sent to another process and answered. */
const timeoutMs = 60_000 + cases * 20;
/** The time limit for reducing a failing input, in milliseconds. */
const interruptAfterTimeLimit = timeoutMs - 10_000;

/** Defines one test per area: both sides must produce the same results for random inputs. */
export function fuzz(...areas: readonly Area<unknown>[]): void {
  describeInterop("random inputs", () => {
    let oracle: Oracle;
    beforeAll(() => {
      oracle = new Oracle();
    });
    afterAll(() => oracle[Symbol.asyncDispose]());

    test.each(areas.map((area) => ({ area, name: area.name })))(
      "$name: both sides produce the same results",
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
