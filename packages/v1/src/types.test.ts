import type { Emitter } from "@loggregator/api";
import { expectTypeOf, test } from "vitest";
import { V1Client, type V1ClientOptions } from "./index.js";

test("a client is a disposable Emitter, and requires only an origin", () => {
  expectTypeOf<V1Client>().toExtend<Emitter & AsyncDisposable>();
  expectTypeOf<V1Client["close"]>().toEqualTypeOf<() => Promise<void>>();
  expectTypeOf(V1Client).constructorParameters.toEqualTypeOf<[V1ClientOptions]>();
  expectTypeOf<{ origin: string }>().toExtend<V1ClientOptions>();
  expectTypeOf<{ address: string }>().not.toExtend<V1ClientOptions>();
  expectTypeOf<typeof console>().toExtend<NonNullable<V1ClientOptions["logger"]>>();
});
