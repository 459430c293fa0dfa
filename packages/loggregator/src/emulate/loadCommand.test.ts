import { expect, test } from "vitest";
import { loadCommand } from "./loadCommand.js";

test.each([
  ["/tmp/a/loggregator.env", "linux", "set -a; . /tmp/a/loggregator.env; set +a"],
  ["/tmp/a b", "darwin", "set -a; . '/tmp/a b'; set +a"],
  [
    "C:\\it's\\x.env",
    "win32",
    `Get-Content 'C:\\it''s\\x.env' | ForEach-Object { if ($_ -match "^(\\w+)='?(.*?)'?$") { Set-Item "env:$($Matches[1])" $Matches[2] } }`,
  ],
])("loads %s on %s", (path, platform, command) => {
  expect(loadCommand(path, platform)).toBe(command);
});
