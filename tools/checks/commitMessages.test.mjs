import { expect, test } from "vitest";
import { subjectFault } from "./commitMessages.mjs";

const packages = ["ingress", "pulse-emitter"];

test.each([
  "ingress: pace a backlog",
  "ingress, pulse-emitter: use core's shared parts",
  "repo: add test:flakes, which runs the tests beside busy processes",
  `docs: ${"x".repeat(66)}`,
])("accepts %j", (subject) => {
  expect(subjectFault(subject, packages)).toBeUndefined();
});

test.each([
  ["Pace a backlog", 'must have the form "scope: what changes"'],
  ["ingress:pace a backlog", 'must have the form "scope: what changes"'],
  ["ingress: ", 'must have the form "scope: what changes"'],
  ["Ingress: pace a backlog", 'must have the form "scope: what changes"'],
  ["nowhere: pace a backlog", 'has the unknown scope "nowhere"'],
  ["ingress, nowhere: pace a backlog", 'has the unknown scope "nowhere"'],
  [`docs: ${"x".repeat(67)}`, "has 73 characters, more than 72"],
  ["ingress: pace a backlog.", "must not end with a full stop or a space"],
])("rejects %j", (subject, fault) => {
  expect(subjectFault(subject, packages)).toContain(fault);
});
