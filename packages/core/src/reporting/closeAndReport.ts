import type { OutageReporter } from "./outageReporter.js";

/**
 * Closes a client at the end of `await using`. A failure is reported to the logger rather than
 * thrown: an error thrown there would hide the one that ended the block.
 */
export async function closeAndReport(
  client: { close(): Promise<void> },
  reporter: OutageReporter,
): Promise<void> {
  try {
    await client.close();
  } catch (error) {
    reporter.ended(error as Error);
  }
}
