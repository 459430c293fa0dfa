/** The formats of printed envelopes. */
export const outputFormats = ["text", "json", "jsonl", "template"] as const;

export type OutputFormat = (typeof outputFormats)[number];
