import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { formatEnvelopeBatch, logEnvelope, selectLog } from "@loggregator/api";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

/** The browser globals that this package uses. `process`, `Buffer` and `require` do not exist. */
const webGlobals = {
  AbortController,
  AbortSignal,
  Headers,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  atob,
  btoa,
  clearTimeout,
  performance,
  setTimeout,
};

/** Bundles a file for a page. The bundle must cause no warnings and contain no imports. */
async function bundleFor(file: string): Promise<string> {
  const warnings: string[] = [];
  const bundle = await rolldown({
    input: fileURLToPath(new URL(file, import.meta.url)),
    platform: "browser",
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    onLog: (level, log) => warnings.push(`${level}: ${log.message}`),
  });
  const { output } = await bundle.generate({ format: "iife", name: "gateway", minify: true });
  await bundle.close();
  expect(warnings).toEqual([]);
  expect(output).toHaveLength(1);
  expect(output[0].imports).toEqual([]);
  return output[0].code;
}

test("the package bundles for browsers, and runs with web globals only", async () => {
  const code = await bundleFor("../testing/browserEntry.ts");
  expect(code).not.toMatch(/node:|HTTPS_PROXY/i);
  const asked: string[] = [];
  const answer = formatEnvelopeBatch({ batch: [logEnvelope("from the page")] });
  const context = createContext({
    ...webGlobals,
    fetch: async (url: string, init: { headers: Record<string, string> }) => {
      asked.push(`${url} ${init.headers["Authorization"]}`);
      if (url.endsWith("/oauth/token")) {
        return Response.json({ access_token: "a-token", token_type: "bearer", expires_in: 60 });
      }
      return new Response(`data: ${answer}\n\n`, {
        headers: { "content-type": "text/event-stream" },
      });
    },
    selectors: [selectLog()],
  });
  runInContext(code, context);
  const text: unknown = await runInContext(
    `(async () => {
      const token = gateway.uaaClientCredentials({ url: "https://uaa.example", clientId: "c", clientSecret: "s" });
      const client = new gateway.RlpGatewayClient({ url: "https://gateway.example", token });
      for await (const [envelope] of client.stream({ selectors })) {
        return new TextDecoder().decode(envelope.message.value.payload);
      }
    })()`,
    context,
  );
  expect(text).toBe("from the page");
  expect(asked).toEqual([
    "https://uaa.example/oauth/token undefined",
    "https://gateway.example/v2/read?log bearer a-token",
  ]);
});
