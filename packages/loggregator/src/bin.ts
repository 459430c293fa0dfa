#!/usr/bin/env node

// grpc-js reads this when it is loaded. Failures that it would print are also reported as errors.
process.env["GRPC_NODE_VERBOSITY"] ??= process.env["GRPC_VERBOSITY"] ?? "NONE";
const { run } = await import("./run.js");

// A reader that closes the pipe early, such as "| head", is not an error, even after the command
// has ended.
process.stdout.on("error", () => {});

process.exitCode = await run(process.argv.slice(2));
