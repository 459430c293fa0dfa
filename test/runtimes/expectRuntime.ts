// Runs before each test file. The workers of vitest are processes of their own, so this ensures that
// they run in the expected runtime, too.
const { TEST_RUNTIME: expected } = process.env;
if (expected === undefined || process.versions[expected] === undefined) {
  throw new Error(
    `this process should be TEST_RUNTIME=${expected}, but its versions are ${JSON.stringify(process.versions)}`,
  );
}
