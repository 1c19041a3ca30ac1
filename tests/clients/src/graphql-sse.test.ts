import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-sse";
import { asAuthor, asForger, url } from "./server";

const ME = "query Me { viewer { user { username } } }";

async function all(client: ReturnType<typeof createClient>, query: string): Promise<unknown[]> {
  const results = [];
  for await (const result of client.iterate({ query })) {
    results.push(result);
  }
  return results;
}

test("graphql-sse reads one event of a query, and then its end", async () => {
  const client = createClient({ url, headers: asAuthor });
  assert.deepEqual(await all(client, ME), [{ data: { viewer: { user: { username: "author" } } } }]);
});

test("graphql-sse writes", async () => {
  const client = createClient({ url, headers: asAuthor });
  const draft = `mutation {
    createPost(input: {title: "By SSE", body: "One."}) { post { title } errors { code } }
  }`;
  assert.deepEqual(await all(client, draft), [
    { data: { createPost: { post: { title: "By SSE" }, errors: [] } } },
  ]);
});

test("graphql-sse gives the error of a wrong operation as a result", async () => {
  const [result] = (await all(createClient({ url }), "{ nothing }")) as {
    errors: { extensions: { code: string } }[];
  }[];
  assert.equal(result?.errors[0]?.extensions.code, "GRAPHQL_VALIDATION_FAILED");
});

test("graphql-sse hears 401 where the token proves nothing", async () => {
  const forger = createClient({ url, headers: asForger, retryAttempts: 0 });
  await assert.rejects(all(forger, ME), (error: { response: Response }) => {
    assert.equal(error.response.status, 401);
    return true;
  });
});
