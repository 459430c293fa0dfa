#!/usr/bin/env sh
/// 2>/dev/null; exec node -- "$0" "$@"

// A shell reads the line above, and JavaScript skips it. Without the "--", which a line that begins
// with "#!" has no portable way to pass, Node.js takes an --env-file behind the script's name for
// its own, and ends with "not found" (https://github.com/nodejs/node/issues/54232).

// What grpc-js would print of its own accord comes as an error as well. It reads this when loaded.
process.env["GRPC_NODE_VERBOSITY"] ??= process.env["GRPC_VERBOSITY"] ?? "NONE";
const { run } = await import("./run.js");

// A reader that leaves early, as "| head" does, is no error. It may show only when all is done.
process.stdout.on("error", () => {});

process.exitCode = await run(process.argv.slice(2));
