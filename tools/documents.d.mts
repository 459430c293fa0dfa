/** A code block of a document, with its markers. */
export interface MarkedBlock {
  readonly language: string;
  readonly code: string;
  /** The line of the document at which the code begins, from 1. */
  readonly line: number;
  readonly run:
    | {
        readonly background: boolean;
        readonly until: string | undefined;
        readonly prints: string | undefined;
      }
    | undefined;
  readonly file: string | undefined;
  readonly compiledOnly: string | undefined;
  readonly given: string | undefined;
}

export function markedBlocks(text: string): readonly MarkedBlock[];
export function documents(root: string): readonly string[];
export function linkModules(root: string, folder: string): void;
