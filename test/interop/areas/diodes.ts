import { ManyToOne, OneToOne } from "@loggregator/diodes";
import fc from "fast-check";
import { canonical } from "../canonical.js";
import type { Area } from "./area.js";

/** An operation on a diode: `s` sets the next number, from 0 on; `n` takes the next. */
interface DiodeHistory {
  readonly manyToOne: boolean;
  readonly size: number;
  readonly history: string;
}

/** A sequence of operations, with the values that each reader receives and the drops reported to it. */
export const diodeArea: Area<DiodeHistory> = {
  name: "diode histories",
  cases: fc.record({
    manyToOne: fc.boolean(),
    size: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(100)),
    history: fc.oneof(
      fc.string({ unit: fc.constantFrom("s", "n"), maxLength: 60 }),
      // Runs that are long enough to overtake the reader by several laps.
      fc
        .array(fc.tuple(fc.constantFrom("s", "n"), fc.integer({ min: 1, max: 30 })), {
          maxLength: 12,
        })
        .map((runs) => runs.map(([operation, times]) => operation.repeat(times)).join("")),
    ),
  }),

  async compare(diode, oracle) {
    const answer = await oracle.ask("diode", { diode });
    return {
      ours: { value: canonical(run(diode)) },
      reference: { value: canonical(answer.value) },
    };
  },
};

function run({ manyToOne, size, history }: DiodeHistory): object[] {
  let missed: number[] = [];
  const diode = new (manyToOne ? ManyToOne : OneToOne)<number>(size, (count) => missed.push(count));
  let set = 0;
  const taken: object[] = [];
  for (const operation of history) {
    if (operation === "s") {
      diode.set(set++);
    } else {
      missed = [];
      taken.push({ value: diode.tryNext() ?? null, missed });
    }
  }
  return taken;
}
