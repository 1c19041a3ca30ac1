import assert from "node:assert/strict";
import { test } from "node:test";
import { auditServer } from "graphql-http";
import { url } from "./server";

test("the server passes every audit of GraphQL over HTTP", async (t) => {
  const results = await auditServer({ url });
  const failed = results.filter((result) => result.status !== "ok");
  t.diagnostic(`${results.length - failed.length} of ${results.length} audits passed`);
  assert.deepEqual(failed.map(({ id, name }) => `${id} ${name}`), []);
  assert.equal(results.length, 61);
});
