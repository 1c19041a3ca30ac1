import type { GraphiQLPlugin } from "@graphiql/react";

import { Waterfall } from "./Waterfall";
import { type Outcome, useOutcome } from "./watch";

const SENTENCES: Record<Extract<Outcome, string>, string> = {
  "nothing ran": "Run a query to see its batches.",
  failed: "The last query failed before it could report batches.",
  "not reported": "This server does not report batches.",
};

/** Three bars, each beginning where the one above ends. */
function Icon() {
  return (
    <svg viewBox="0 0 14 14" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
      <path d="M1 2.5h5M4.5 7h6M9 11.5h4" strokeLinecap="round" />
    </svg>
  );
}

function Panel() {
  const outcome = useOutcome();
  return (
    <section className="batches" aria-label="Batches">
      <h2 className="batches-title">Batches</h2>
      {typeof outcome === "string" ? (
        <p className="batches-hint" role="status">
          {SENTENCES[outcome]}
        </p>
      ) : (
        <Waterfall report={outcome} />
      )}
    </section>
  );
}

/** The last answer's `extensions.batches`, drawn over its time. */
export const batchesPlugin: GraphiQLPlugin = { title: "Batches", icon: Icon, content: Panel };
