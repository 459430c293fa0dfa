import { expect, test } from "vitest";
import { configPath } from "./configPath.js";

test.each([
  ["linux", {}, "/home/me", "/home/me/.config/loggregator/config.json"],
  ["darwin", { XDG_CONFIG_HOME: "/x" }, "/home/me", "/x/loggregator/config.json"],
  ["linux", { XDG_CONFIG_HOME: "x" }, "/home/me", "/home/me/.config/loggregator/config.json"],
  ["linux", { XDG_CONFIG_HOME: "" }, "/home/me", "/home/me/.config/loggregator/config.json"],
  ["win32", { APPDATA: "D:\\Data" }, "C:\\Me", "D:\\Data\\loggregator\\config.json"],
  ["win32", {}, "C:\\Me", "C:\\Me\\AppData\\Roaming\\loggregator\\config.json"],
])("on %s with %j", (platform, env, home, expected) => {
  expect(configPath({ platform, env, home })).toBe(expected);
});
