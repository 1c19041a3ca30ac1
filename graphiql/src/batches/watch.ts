/** Keeps what the last answer said about its batches, whether or not a panel shows it. */
import { type Fetcher, isAsyncIterable, isObservable } from "@graphiql/toolkit";
import { useSyncExternalStore } from "react";

import { isObject, readReport, type Report } from "./report";

export type Outcome = "nothing ran" | "failed" | "not reported" | Report;

let outcome: Outcome = "nothing ran";
let operations = 0;
const listeners = new Set<() => void>();

function keep(next: Outcome): void {
  outcome = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useOutcome = (): Outcome => useSyncExternalStore(subscribe, () => outcome);

/** One answer; a stream has several, and a part of a multipart answer need not report again. */
function outcomeOf(answer: unknown): Outcome {
  const parts: unknown[] = Array.isArray(answer) ? answer : [answer];
  const found = parts.map(readReport).findLast((report) => report);
  if (found) return found;
  return parts.some((part) => isObject(part) && part.data != null) ? "not reported" : "failed";
}

async function* noting<T>(answers: AsyncIterable<T>, note: (next: Outcome) => void) {
  try {
    for await (const answer of answers) {
      note(outcomeOf(answer));
      yield answer;
    }
  } catch (error) {
    note("failed");
    throw error;
  }
}

/** Looks at every answer that passes, the schema's apart, and changes none. */
export function watched(fetcher: Fetcher): Fetcher {
  return async (parameters, options) => {
    if (parameters.operationName === "IntrospectionQuery") return fetcher(parameters, options);
    const operation = ++operations;
    let reported = false;
    const note = (next: Outcome): void => {
      const report = typeof next === "object";
      if (operation === operations && (report || !reported)) keep(next);
      reported ||= report;
    };
    try {
      const answer = await fetcher(parameters, options);
      if (isAsyncIterable(answer)) return noting(answer, note);
      if (!isObservable(answer)) note(outcomeOf(answer));
      return answer;
    } catch (error) {
      note("failed");
      throw error;
    }
  };
}
