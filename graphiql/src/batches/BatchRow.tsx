import { ChevronDownIcon } from "@graphiql/react";
import { useId, useState } from "react";

import { count, integer, time } from "./numbers";
import type { Batch } from "./report";

const percent = (part: number, whole: number): string => `${whole ? (100 * part) / whole : 0}%`;

/** Where in the operation's time the batch lies. */
function Bar({ batch, span }: { batch: Batch; span: number }) {
  const { startMs, milliseconds, waitMs } = batch;
  const end = time(startMs + milliseconds);
  const label = `From ${time(startMs)} to ${end}, waiting for a connection for ${time(waitMs)}`;
  return (
    <span className="batches-track" role="img" aria-label={label} title={label}>
      <span
        className="batches-bar"
        style={{ left: percent(startMs, span), width: percent(milliseconds, span) }}
      >
        <span className="batches-wait" style={{ width: percent(waitMs, milliseconds) }} />
      </span>
    </span>
  );
}

/** A batch and its bar; a click shows the statement. */
export function BatchRow({ batch, span }: { batch: Batch; span: number }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <li className="batches-row">
      <button
        type="button"
        className="batches-button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <span className="batches-about">
          <span className="batches-loader">
            <ChevronDownIcon className="batches-chevron" aria-hidden="true" />
            {batch.loader}
          </span>{" "}
          <span className="batches-paths">{batch.paths.join(", ")}</span>{" "}
          <span className="batches-counts">
            {count(batch.keys, "key")} ({integer(batch.distinctKeys)} distinct) →{" "}
            <b>{count(batch.rows, "row")}</b>
          </span>
        </span>{" "}
        <Bar batch={batch} span={span} />{" "}
        <span className="batches-time">{time(batch.milliseconds)}</span>
      </button>
      {open && (
        <pre id={id} className="batches-statement" aria-label={`SQL of ${batch.loader}`}>
          {batch.statement}
        </pre>
      )}
    </li>
  );
}
