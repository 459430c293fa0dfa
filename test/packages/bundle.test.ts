import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { newProject, npm } from "./publishedPackages.js";

test("the gateway client for browsers has at most 11 KiB, minified and compressed", async () => {
  const folder = await newProject({ type: "module" });
  await npm(["install", "@loggregator/rlp-gateway"], folder);
  const input = join(folder, "page.js");
  await writeFile(
    input,
    'import { RlpGatewayClient } from "@loggregator/rlp-gateway";\nglobalThis.client = RlpGatewayClient;\n',
  );
  const bundle = await rolldown({ input, platform: "browser" });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  expect(output).toHaveLength(1);
  expect(gzipSync(output[0].code, { level: 9 }).length).toBeLessThanOrEqual(11 * 1024);
});
