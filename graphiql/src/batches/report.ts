/** What the server says under `extensions.batches` about the SQL statements of an operation. */
export interface Report {
  statements: number;
  milliseconds: number;
  levels: Level[];
}

/** Batches that were asked for at the same time; each level waits for the one before. */
export interface Level {
  level: number;
  batches: Batch[];
}

export interface Batch {
  loader: string;
  paths: string[];
  keys: number;
  distinctKeys: number;
  rows: number;
  statement: string;
  /** counted from where the operation's first batch was queued */
  startMs: number;
  milliseconds: number;
  /** how much of `milliseconds` went by before a connection was free */
  waitMs: number;
}

type Test = (value: unknown) => boolean;

const text: Test = (value) => typeof value === "string";
const amount: Test = (value) => typeof value === "number" && value >= 0;
const list =
  (item: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(item);
const record =
  (fields: Record<string, Test>): Test =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, test]) => test(value[name]));

const batch = record({
  loader: text,
  paths: list(text),
  keys: amount,
  distinctKeys: amount,
  rows: amount,
  statement: text,
  startMs: amount,
  milliseconds: amount,
  waitMs: amount,
});
const report = record({
  statements: amount,
  milliseconds: amount,
  levels: list(record({ level: amount, batches: list(batch) })),
});

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Finds the report in an answer; another shape under the same name is none of ours. */
export function readReport(answer: unknown): Report | undefined {
  const extensions = isObject(answer) ? answer.extensions : undefined;
  const found = isObject(extensions) ? extensions.batches : undefined;
  return report(found) ? (found as Report) : undefined;
}
