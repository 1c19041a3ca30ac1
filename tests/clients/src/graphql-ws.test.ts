import assert from "node:assert/strict";
import { after, test } from "node:test";
import { print } from "graphql";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { createClient, type ExecutionResult } from "graphql-ws";
import WebSocket from "ws";
import { graphql } from "./generated";
import { asAuthor, asForger, socketUrl } from "./server";

const ME = graphql(`
  query Me {
    viewer {
      user {
        username
      }
    }
  }
`);

const SOME = graphql(`
  query Some {
    posts(first: 1) {
      nodes {
        id
      }
    }
  }
`);

const LIKE = graphql(`
  mutation Like($id: ID!) {
    like(input: { subjectId: $id }) {
      subject {
        viewerHasLiked
      }
    }
  }
`);

const client = createClient({
  url: socketUrl,
  webSocketImpl: WebSocket,
  connectionParams: asAuthor,
});
after(() => client.dispose());

async function ask<Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables?: Variables,
): Promise<ExecutionResult<Data>> {
  const results = client.iterate<Data>({ query: print(document), variables: variables ?? null });
  for await (const result of results) {
    return result as ExecutionResult<Data>;
  }
  return assert.fail("nothing came");
}

test("graphql-ws asks as whoever the token in connectionParams names", async () => {
  assert.equal((await ask(ME)).data?.viewer?.user.username, "author");
});

test("graphql-ws writes over the socket", async () => {
  const id = (await ask(SOME)).data?.posts.nodes[0]?.id;
  assert.ok(id !== undefined);
  assert.equal((await ask(LIKE, { id })).data?.like.subject?.viewerHasLiked, true);
});

test("graphql-ws has many operations on one socket, each with its own answer", async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(ME)));
  for (const { data } of answers) {
    assert.equal(data?.viewer?.user.username, "author");
  }
});

test("graphql-ws ends a wrong operation alone, and its socket goes on", async () => {
  const wrong = client.iterate({ query: "{ nothing }" });
  await assert.rejects(wrong.next(), (errors: { extensions: { code: string } }[]) => {
    assert.equal(errors[0]?.extensions.code, "GRAPHQL_VALIDATION_FAILED");
    return true;
  });
  assert.equal((await ask(ME)).data?.viewer?.user.username, "author");
});

test("graphql-ws gives what could be loaded beside the error of a field", async () => {
  const query = '{ posts(first: 1) { nodes { id } } node(id: "nothing") { id } }';
  const found = client.iterate({ query });
  const { value } = await found.next();
  assert.equal(value.data.posts.nodes.length, 1);
  assert.equal(value.data.node, null);
  assert.equal(value.errors[0].extensions.code, "BAD_USER_INPUT");
});

test("graphql-ws hears 4403 where the token proves nothing", async () => {
  const forger = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: asForger,
    retryAttempts: 0,
  });
  await assert.rejects(forger.iterate({ query: print(ME) }).next(), { code: 4403 });
});
