import type { Envelope } from "@loggregator/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { buffered } from "./streamBuffer.js";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("yields each batch in order or counts it as dropped, at any speed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(12), { maxLength: 12 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
      async (size, bursts, pauses) => {
        let sent = 0;
        async function* responses() {
          for (const burst of bursts) {
            for (let index = 0; index < burst; index++) {
              yield { batch: [{ timestamp: BigInt(sent++) } as Envelope] };
            }
            await turn();
          }
        }
        let missed = 0;
        const onDropped = (count: number) => {
          missed += count;
        };
        const received: number[] = [];
        for await (const { batch } of buffered(responses(), { size, onDropped })) {
          received.push(Number(batch[0]?.timestamp));
          for (let pause = pauses[received.length % pauses.length] ?? 0; pause > 0; pause--) {
            await turn();
          }
        }
        expect(received.length + missed).toBe(sent);
        expect(received).toEqual([...new Set(received)].toSorted((a, b) => a - b));
      },
    ),
    { numRuns: 50 },
  );
});

test("keeps reading while no batch is requested", async () => {
  let sent = 0;
  async function* responses() {
    while (sent < 100) {
      await turn();
      yield { batch: [{ timestamp: BigInt(sent++) } as Envelope] };
    }
  }
  const batches = buffered(responses(), { size: 3 });
  await batches.next();
  while (sent < 100) {
    await turn();
  }
  await batches.return(undefined);
});

test("yields the remaining batches before it throws the error of the source", async () => {
  const failure = new Error("the end");
  async function* responses() {
    yield { batch: [] };
    yield { batch: [] };
    throw failure;
  }
  let received = 0;
  const read = async () => {
    for await (const _ of buffered(responses(), { size: 3 })) {
      received++;
    }
  };
  await expect(read()).rejects.toBe(failure);
  expect(received).toBe(2);
});
