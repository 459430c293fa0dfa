import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Ends a test that hangs. No test comes near it, not on a busy machine either. */
const hangGuardMs = 120_000;

/** The time that `expect.poll` waits. vitest's second is too short on a busy machine. */
const pollMs = hangGuardMs / 2;

/** More than there are cores: the tests wait for sockets and processes half of the time. */
const workers = Math.max(8, availableParallelism());

/** The packages that do not need Node.js. Their unit tests run in Bun and Deno as well. */
const portablePackages = "{api,auth,conversion,core,diodes,log-cache,otel,rfc5424,rlp-gateway}";

/**
 * `x.test.ts` needs nothing outside its process; `x.integration.test.ts` opens sockets or starts
 * processes; `test/packages` installs what would be published.
 */
export default defineConfig({
  test: {
    reporters: process.env["CI"] ? ["default", "json"] : ["default"],
    outputFile: { json: `.test-results/${process.env["TEST_REPORT"] ?? "tests"}.json` },
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/{src,ui}/**/*.test.ts", "tools/**/*.test.mjs"],
          exclude: ["**/*.{integration,browser}.test.ts"],
          // They start faster than processes.
          pool: "threads",
          testTimeout: hangGuardMs,
          hookTimeout: hangGuardMs,
          expect: { poll: { timeout: pollMs } },
          maxWorkers: workers,
        },
      },
      {
        test: {
          name: "integration",
          include: ["packages/*/src/**/*.integration.test.ts", "examples/**/*.integration.test.ts"],
          testTimeout: hangGuardMs,
          hookTimeout: hangGuardMs,
          expect: { poll: { timeout: pollMs } },
          maxWorkers: workers,
        },
      },
      {
        test: {
          name: "runtimes",
          include: [
            `packages/${portablePackages}/src/**/!(*.integration|*.browser).test.ts`,
            // Requests with the `fetch` of the runtime.
            "packages/auth/src/{cloudController,uaa}/{cloudController,userGrants}.integration.test.ts",
            "packages/log-cache/src/logCacheClient.integration.test.ts",
            "packages/rlp-gateway/src/{lifetime,status,tokens}.integration.test.ts",
          ],
          setupFiles: "test/runtimes/expectRuntime.ts",
          // Starting a worker takes Bun and Deno longer than most files.
          isolate: false,
          testTimeout: hangGuardMs,
          hookTimeout: hangGuardMs,
          expect: { poll: { timeout: pollMs } },
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "browser",
          include: ["examples/**/*.browser.test.ts", "packages/*/{src,ui}/**/*.browser.test.ts"],
          // One of them looks at how many frames a browser draws.
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "docs",
          include: ["tools/site/*.test.ts"],
          globalSetup: "tools/site/globalSetup.ts",
          testTimeout: hangGuardMs,
          hookTimeout: hangGuardMs,
        },
      },
      {
        test: {
          name: "packages",
          include: ["test/packages/*.test.ts"],
          globalSetup: "test/packages/globalSetup.ts",
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "faults",
          include: ["test/faults/*.test.ts"],
          globalSetup: "test/faults/globalSetup.ts",
          // Its clock can jump, see test/faults/clock.mjs.
          execArgv: ["--import", "./test/faults/clock.mjs"],
          // Processes that share the machine with others recover later.
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "interop",
          include: ["test/interop/*.test.ts"],
          globalSetup: "test/interop/buildPeer.ts",
          maxWorkers: 2,
          testTimeout: 60_000,
        },
      },
    ],
  },
});
