import type { Emitter, Envelope } from "@loggregator/api";
import { expectTypeOf, test } from "vitest";
import {
  IngressClient,
  type IngressClientOptions,
  loadIngressTls,
  type TlsMaterial,
} from "./index.js";

test("a client is an Emitter and AsyncDisposable, and has stats", () => {
  expectTypeOf<IngressClient>().toExtend<Emitter & AsyncDisposable>();
  expectTypeOf<IngressClient["stats"]>().toEqualTypeOf<{
    readonly sent: number;
    readonly dropped: number;
    readonly queued: number;
    readonly reconnects: number;
  }>();
  expectTypeOf<IngressClient["emit"]>().toEqualTypeOf<(envelope: Envelope) => void>();
  expectTypeOf<IngressClient["emitEvent"]>().returns.toEqualTypeOf<Promise<void>>();
  expectTypeOf<IngressClient["closeSend"]>().returns.toEqualTypeOf<Promise<void>>();
});

test("tls is the only required option", () => {
  expectTypeOf(IngressClient).constructorParameters.toEqualTypeOf<[IngressClientOptions]>();
  expectTypeOf<{ tls: TlsMaterial }>().toExtend<IngressClientOptions>();
  expectTypeOf<{ tls: () => Promise<TlsMaterial> }>().toExtend<IngressClientOptions>();
  expectTypeOf<{ address: string }>().not.toExtend<IngressClientOptions>();
  expectTypeOf<{ tls: TlsMaterial; delivery: "at-once" }>().not.toExtend<IngressClientOptions>();
  expectTypeOf<typeof console>().toExtend<NonNullable<IngressClientOptions["logger"]>>();
  expectTypeOf(loadIngressTls).returns.resolves.toExtend<TlsMaterial>();
});
