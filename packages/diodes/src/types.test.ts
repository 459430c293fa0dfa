import type { Envelope } from "@loggregator/api";
import { expectTypeOf, test } from "vitest";
import {
  type Diode,
  ManyToOne,
  OneToOne,
  OneToOneEnvelopeBatch,
  Poller,
  SharedManyToOne,
  SharedOneToOne,
  Waiter,
} from "./index.js";

test("values keep their type", () => {
  const diode = new OneToOne<string>(1);
  expectTypeOf(diode.set).parameters.toEqualTypeOf<[string]>();
  expectTypeOf(diode.tryNext()).toEqualTypeOf<string | undefined>();
  expectTypeOf(new ManyToOne<number>(1)).toExtend<Diode<number>>();
  expectTypeOf(new OneToOneEnvelopeBatch(1)).toExtend<Diode<Envelope[]>>();
  expectTypeOf(new SharedOneToOne(1)).toExtend<Diode<Uint8Array>>();
  expectTypeOf(new SharedManyToOne(1).buffer).toEqualTypeOf<SharedArrayBuffer>();
  for (const reader of [new Poller(diode), new Waiter(diode)]) {
    expectTypeOf(reader.next).returns.toEqualTypeOf<Promise<string | undefined>>();
    expectTypeOf(reader).toExtend<AsyncIterable<string>>();
  }
});

test("a Waiter accepts waking diodes, a Poller accepts all", () => {
  type WaiterOf = ConstructorParameters<typeof Waiter<string>>[0];
  type PollerOf = ConstructorParameters<typeof Poller<string>>[0];
  expectTypeOf<Diode<string>>().toExtend<PollerOf>();
  expectTypeOf<Diode<string>>().not.toExtend<WaiterOf>();
});
