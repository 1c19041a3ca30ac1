import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, fetchExchange, type ClientOptions, type Exchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { persistedExchange } from "@urql/exchange-persisted";
import { buildSchema, introspectionFromSchema, parse } from "graphql";
import { readFileSync } from "node:fs";
import { graphql } from "./generated";
import { assertJoined } from "./pages";
import { asAuthor, asForger, trustedUrl, url } from "./server";

const PAGE = graphql(`
  query UrqlPage($first: Int!, $after: String) {
    posts(first: $first, after: $after) {
      edges {
        node {
          id
          title
        }
      }
      pageInfo {
        hasNextPage
        endCursor
        hasPreviousPage
        startCursor
      }
    }
  }
`);

const NODE = graphql(`
  query UrqlNode($id: ID!) {
    node(id: $id) {
      id
      ... on Post {
        title
      }
    }
  }
`);

const CREATE = graphql(`
  mutation UrqlCreate($input: CreatePostInput!) {
    createPost(input: $input) {
      post {
        id
        title
        version
      }
      errors {
        __typename
        code
      }
    }
  }
`);

const UPDATE = graphql(`
  mutation UrqlUpdate($input: UpdatePostInput!) {
    updatePost(input: $input) {
      post {
        id
        title
        version
      }
      errors {
        __typename
        ... on ConflictError {
          currentVersion
        }
      }
    }
  }
`);

const schema = introspectionFromSchema(buildSchema(readFileSync("../../schema.graphql", "utf8")));

/** A client whose cache knows the schema, and what it has sent. */
function urql(options: Partial<ClientOptions> = {}, before: Exchange[] = []) {
  const sent: { method: string; accept: string; text: string }[] = [];
  const cache = cacheExchange({
    schema: schema as never,
    resolvers: {
      Query: {
        posts: relayPagination(),
        node: (_parent, { id }) => ({ __typename: "Post", id: id as string }),
      },
    },
  });
  const client = new Client({
    url,
    preferGetMethod: false,
    exchanges: [cache, ...before, fetchExchange],
    fetch: (target, init) => {
      const accept = new Headers(init?.headers).get("accept") ?? "";
      const text = String(init?.body ?? decodeURIComponent(String(target)));
      sent.push({ method: init?.method ?? "GET", accept, text });
      return fetch(target, init);
    },
    ...options,
  });
  return { client, sent };
}

test("urql takes event streams last, and is answered with JSON", async () => {
  const { client, sent } = urql();
  const { data, error } = await client.query(PAGE, { first: 2 });
  assert.equal(error, undefined);
  assert.equal(data?.posts.edges.length, 2);
  assert.match(sent[0]?.accept ?? "", /text\/event-stream/);
});

test("urql sends queries by GET where it is told to", async () => {
  const { client, sent } = urql({ preferGetMethod: true });
  assert.equal((await client.query(PAGE, { first: 2 })).data?.posts.edges.length, 2);
  assert.equal(sent[0]?.method, "GET");
});

test("graphcache answers another query with the post that it has", async () => {
  const { client, sent } = urql();
  const post = (await client.query(PAGE, { first: 1 })).data?.posts.edges[0]?.node;
  assert.ok(post !== undefined);
  const { data } = await client.query(NODE, { id: post.id });
  assert.deepEqual(data?.node, { ...post, __typename: "Post" });
  assert.equal(sent.length, 1);
});

test("graphcache joins the pages of relayPagination", async () => {
  const { client } = urql();
  const first = (await client.query(PAGE, { first: 2 })).data?.posts;
  const { data } = await client.query(PAGE, { first: 2, after: first?.pageInfo.endCursor ?? null });
  assertJoined(data?.posts, (await urql().client.query(PAGE, { first: 4 })).data?.posts);
});

test("graphcache shows a change wherever the post is in it", async () => {
  const { client, sent } = urql({ fetchOptions: { headers: asAuthor } });
  const input = { title: "By urql", body: "One." };
  const post = (await client.mutation(CREATE, { input })).data?.createPost.post;
  assert.ok(post);
  const change = { id: post.id, expectedVersion: post.version, title: "Changed" };
  await client.mutation(UPDATE, { input: change });
  const { data } = await client.query(NODE, { id: post.id });
  assert.ok(data?.node?.__typename === "Post");
  assert.equal(data.node.title, "Changed");
  assert.equal(sent.length, 2);
});

test("urql tells by its type why a change was refused", async () => {
  const { client } = urql({ fetchOptions: { headers: asAuthor } });
  const input = { title: "By urql too", body: "One." };
  const post = (await client.mutation(CREATE, { input })).data?.createPost.post;
  assert.ok(post);
  const late = { id: post.id, expectedVersion: post.version + 1, title: "Too late" };
  const [error] = (await client.mutation(UPDATE, { input: late })).data?.updatePost.errors ?? [];
  assert.ok(error?.__typename === "ConflictError");
  assert.equal(error.currentVersion, post.version);
});

test("urql reads the code of a request that is refused, and its status", async () => {
  const invalid = (await urql().client.query(parse("{ nothing }"), {})).error;
  assert.equal(invalid?.graphQLErrors[0]?.extensions["code"], "GRAPHQL_VALIDATION_FAILED");
  const { client } = urql({ fetchOptions: { headers: asForger } });
  const forged = (await client.query(PAGE, { first: 1 })).error;
  assert.equal(forged?.graphQLErrors[0]?.extensions["code"], "UNAUTHENTICATED");
  assert.equal(forged?.response?.status, 401);
});

test("urql joins what was deferred", async () => {
  const { client } = urql();
  const query = parse(`
    query UrqlDeferred {
      posts(first: 2) {
        nodes {
          id
          ... on Post @defer(label: "author") {
            author {
              id
              displayName
            }
          }
        }
      }
    }
  `);
  const states: { data?: unknown; hasNext: boolean }[] = [];
  await new Promise<void>((resolve) => {
    client.query(query, {}).subscribe((result) => {
      states.push(result);
      if (!result.hasNext) {
        resolve();
      }
    });
  });
  assert.ok(states.length > 1);
  assert.equal(JSON.stringify(states.at(-1)?.data).match(/displayName/g)?.length, 2);
});

test("urql sends the text of a document once, and its hash from then on", async () => {
  const automatic = [persistedExchange({ preferGetForPersistedQueries: true })];
  // what it sends by GET a page of another origin could: this header makes a browser ask first
  const headers = { "Apollo-Require-Preflight": "true" };
  const first = urql({ fetchOptions: { headers } }, automatic);
  const { data } = await first.client.query(PAGE, { first: 2 });
  assert.equal(first.sent.length, 2);
  assert.match(first.sent[1]?.text ?? "", /hasNextPage/);
  const second = urql({}, automatic);
  assert.deepEqual((await second.client.query(PAGE, { first: 2 })).data, data);
  assert.equal(second.sent.length, 1);
  assert.equal(second.sent[0]?.method, "GET");
  assert.doesNotMatch(second.sent[0]?.text ?? "", /hasNextPage/);
});

test("urql asks by codegen's hashes where nothing else is run", async () => {
  const hashOf = (document: unknown) => (document as { __meta__: { hash: string } }).__meta__.hash;
  const trusted = persistedExchange({
    enforcePersistedQueries: true,
    enableForMutation: true,
    generateHash: async (_text, document) => hashOf(document),
  });
  const known = urql({ url: trustedUrl, fetchOptions: { headers: asAuthor } }, [trusted]);
  assert.equal((await known.client.query(PAGE, { first: 2 })).data?.posts.edges.length, 2);
  const input = { title: "By a hash", body: "One." };
  const { data } = await known.client.mutation(CREATE, { input });
  assert.equal(data?.createPost.post?.title, input.title);
  const unknown = urql({ url: trustedUrl });
  const { error } = await unknown.client.query(PAGE, { first: 2 });
  assert.equal(error?.graphQLErrors[0]?.extensions["code"], "PERSISTED_QUERY_ONLY");
});
