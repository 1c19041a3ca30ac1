import { BatchRow } from "./BatchRow";
import { count, integer, time } from "./numbers";
import type { Level, Report } from "./report";

const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);

/** The numbers a doubter looks for. */
function Summary({ report }: { report: Report }) {
  const batches = report.levels.flatMap((level) => level.batches);
  const rows = sum(batches.map((batch) => batch.rows));
  const keys = sum(batches.map((batch) => batch.keys));
  return (
    <div className="batches-summary" role="status">
      <p className="batches-total">
        <strong className="batches-statements">{integer(report.statements)}</strong>{" "}
        {report.statements === 1 ? "statement" : "statements"} for {count(rows, "row")}
      </p>
      <p className="batches-hint">
        {time(report.milliseconds)} in {count(report.levels.length, "level")}
      </p>
      {keys > report.statements && (
        <p className="batches-hint">One statement per key would be {integer(keys)}.</p>
      )}
    </div>
  );
}

function Wave({ level, span }: { level: Level; span: number }) {
  return (
    <section aria-label={`Level ${level.level}`}>
      <h3 className="batches-level">
        Level {level.level}{" "}
        <span className="batches-hint">{count(level.batches.length, "batch", "batches")}</span>
      </h3>
      <ol className="batches-rows">
        {level.batches.map((batch, index) => (
          <BatchRow key={`${index} ${batch.loader} ${batch.paths}`} batch={batch} span={span} />
        ))}
      </ol>
    </section>
  );
}

/** What the lines behind the bars stand for, and what the bars are made of. */
function Legend({ span }: { span: number }) {
  return (
    <div className="batches-hint">
      <p className="batches-axis" aria-hidden="true">
        <span>
          <span>0</span>
          <span>{time(span / 2)}</span>
          <span>{time(span)}</span>
        </span>
      </p>
      <p className="batches-legend">
        <span className="batches-sample batches-wait" /> waiting for a connection{" "}
        <span className="batches-sample batches-bar" /> the database at work
      </p>
    </div>
  );
}

export function Waterfall({ report }: { report: Report }) {
  const ends = report.levels
    .flatMap((level) => level.batches)
    .map((batch) => batch.startMs + batch.milliseconds);
  const span = Math.max(report.milliseconds, ...ends); // rounding may put an end past the whole
  return (
    <>
      <Summary report={report} />
      {report.levels.map((level) => (
        <Wave key={level.level} level={level} span={span} />
      ))}
      {ends.length > 0 && <Legend span={span} />}
    </>
  );
}
