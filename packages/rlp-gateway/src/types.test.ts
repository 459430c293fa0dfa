import type { EgressBatchRequest, Envelope, Selector } from "@loggregator/api";
import { uaaClientCredentials } from "@loggregator/auth";
import type { fetch as undiciFetch } from "undici";
import { expectTypeOf, test } from "vitest";
import {
  type Fetch,
  type GatewayRequest,
  GatewayResponseError,
  RlpGatewayClient,
  type RlpGatewayClientOptions,
  type TokenFunction,
} from "./index.js";

test("streams yield batches of envelopes, and requests need selectors", () => {
  expectTypeOf<RlpGatewayClient["stream"]>().returns.toExtend<AsyncIterable<Envelope[]>>();
  expectTypeOf<RlpGatewayClient>().toExtend<AsyncDisposable>();
  expectTypeOf<{ selectors: Selector[] }>().toExtend<GatewayRequest>();
  expectTypeOf<{ shardId: string }>().not.toExtend<GatewayRequest>();
  expectTypeOf<EgressBatchRequest>().toExtend<GatewayRequest>();
});

test("options need a URL; every fetch fits, and UAA's function is a token function", () => {
  expectTypeOf(RlpGatewayClient).constructorParameters.toEqualTypeOf<[RlpGatewayClientOptions]>();
  expectTypeOf<{ url: string }>().toExtend<RlpGatewayClientOptions>();
  expectTypeOf<{ token: string }>().not.toExtend<RlpGatewayClientOptions>();
  expectTypeOf<typeof fetch>().toExtend<Fetch>();
  expectTypeOf<typeof undiciFetch>().toExtend<Fetch>();
  expectTypeOf<() => string>().toExtend<TokenFunction>();
  expectTypeOf(uaaClientCredentials).returns.toExtend<TokenFunction>();
});

test("a refusal has status, code and body", () => {
  expectTypeOf(GatewayResponseError.prototype).toExtend<{
    status: number;
    code: string | undefined;
    body: string;
  }>();
});
