import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  HttpLink,
  InMemoryCache,
} from "@apollo/client/core";
import {
  createPersistedQueryLink,
  type PersistedQueryLink,
} from "@apollo/client/link/persisted-queries";
import { Defer20220824Handler, GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { relayStylePagination } from "@apollo/client/utilities";
import { parse } from "graphql";
import { graphql } from "./generated";
import { assertJoined } from "./pages";
import { asAuthor, asForger, trustedUrl, url } from "./server";

const PAGE = graphql(`
  query ApolloPage($first: Int!, $after: String) {
    posts(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          title
          author {
            id
            displayName
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const CREATE = graphql(`
  mutation ApolloCreate($input: CreatePostInput!) {
    createPost(input: $input) {
      post {
        id
        title
        version
      }
    }
  }
`);

const UPDATE = graphql(`
  mutation ApolloUpdate($input: UpdatePostInput!) {
    updatePost(input: $input) {
      post {
        id
        title
        version
      }
      errors {
        __typename
        code
        ... on ConflictError {
          expectedVersion
          currentVersion
        }
      }
    }
  }
`);

const TITLE = graphql(`
  query ApolloTitle($id: ID!) {
    post(by: { id: $id }) {
      id
      title
      version
    }
  }
`);

/** A client, and how many requests it has sent. */
function apollo(options: Partial<ApolloClient.Options> = {}, headers = {}) {
  const sent = { requests: 0 };
  const counting = new ApolloLink((operation, forward) => {
    sent.requests += 1;
    return forward(operation);
  });
  const cache = new InMemoryCache({
    typePolicies: { Query: { fields: { posts: relayStylePagination(["orderBy", "where"]) } } },
  });
  const link = counting.concat(new HttpLink({ uri: url, headers }));
  return { client: new ApolloClient({ link, cache, ...options }), cache, sent };
}

test("Apollo Client answers from its cache what it has loaded once", async () => {
  const { client, cache, sent } = apollo();
  const { data } = await client.query({ query: PAGE, variables: { first: 2 } });
  const post = data?.posts.edges[0]?.node;
  assert.ok(post !== undefined);
  const again = await client.query({ query: PAGE, variables: { first: 2 } });
  assert.deepEqual(again.data, data);
  assert.equal(sent.requests, 1);
  assert.equal(cache.extract()[`Post:${post.id}`]?.["title"], post.title);
  assert.ok(cache.extract()[`User:${post.author.id}`]?.["displayName"]);
});

test("Apollo Client joins the pages of relayStylePagination, each post once", async () => {
  const { client } = apollo();
  const pages = client.watchQuery({ query: PAGE, variables: { first: 2 } });
  const first = (await client.query({ query: PAGE, variables: { first: 2 } })).data;
  await pages.fetchMore({ variables: { after: first?.posts.pageInfo.endCursor } });
  const joined = (await client.query({ query: PAGE, variables: { first: 2 } })).data?.posts;
  const whole = (await apollo().client.query({ query: PAGE, variables: { first: 4 } })).data?.posts;
  assertJoined(joined, whole);
});

test("Apollo Client tells by its type why a change was refused", async () => {
  const { client } = apollo({}, asAuthor);
  const input = { title: "By Apollo", body: "One." };
  const created = await client.mutate({ mutation: CREATE, variables: { input } });
  const post = created.data?.createPost.post;
  assert.ok(post);
  const late = { id: post.id, expectedVersion: post.version + 1, title: "Too late" };
  const { data } = await client.mutate({ mutation: UPDATE, variables: { input: late } });
  const [error] = data?.updatePost.errors ?? [];
  assert.ok(error?.__typename === "ConflictError");
  assert.equal(error.expectedVersion, late.expectedVersion);
  assert.equal(error.currentVersion, post.version);
});

test("Apollo Client shows a change wherever the post is in its cache", async () => {
  const { client, sent } = apollo({}, asAuthor);
  const input = { title: "By Apollo too", body: "One." };
  const created = await client.mutate({ mutation: CREATE, variables: { input } });
  const post = created.data?.createPost.post;
  assert.ok(post);
  const query = { query: TITLE, variables: { id: post.id } };
  assert.equal((await client.query(query)).data?.post?.title, input.title);
  const change = { id: post.id, expectedVersion: post.version, title: "Changed" };
  await client.mutate({ mutation: UPDATE, variables: { input: change } });
  assert.equal((await client.query(query)).data?.post?.title, "Changed");
  assert.equal(sent.requests, 3);
});

test("Apollo Client reads the code of a request that is refused", async () => {
  const invalid = apollo().client.query({ query: parse("{ nothing }") });
  assert.equal(await codeOf(invalid), "GRAPHQL_VALIDATION_FAILED");
  const forged = apollo({}, asForger).client.query({ query: PAGE, variables: { first: 1 } });
  assert.equal(await codeOf(forged), "UNAUTHENTICATED");
});

const DEFERRED = parse(`
  query ApolloDeferred {
    posts(first: 2) {
      nodes {
        id
        title
        ... @defer(label: "author") {
          author {
            id
            displayName
          }
        }
      }
    }
  }
`);

for (const Handler of [Defer20220824Handler, GraphQL17Alpha9Handler]) {
  test(`Apollo Client joins what was deferred, read by ${Handler.name}`, async () => {
    const { client } = apollo({ incrementalHandler: new Handler() });
    const states: { data: unknown; dataState: string }[] = [];
    await new Promise<void>((resolve, reject) => {
      client.watchQuery({ query: DEFERRED }).subscribe((result) => {
        if (result.error !== undefined) {
          reject(result.error);
        }
        states.push(result);
        if (result.dataState === "complete") {
          resolve();
        }
      });
    });
    const early = states.find((state) => state.dataState === "streaming");
    assert.ok(early !== undefined);
    assert.doesNotMatch(JSON.stringify(early.data), /displayName/);
    const late = states.at(-1)?.data as { posts: { nodes: { author: { displayName: string } }[] } };
    assert.equal(late.posts.nodes.length, 2);
    for (const post of late.posts.nodes) {
      assert.ok(post.author.displayName.length > 0);
    }
  });
}

const COUNT = graphql(`
  query ApolloCount {
    posts {
      totalCount
    }
  }
`);

/** A client that sends hashes, and what it has sent. */
function persisting(uri: string, options: PersistedQueryLink.Options) {
  const sent: string[] = [];
  const link = new HttpLink({
    uri,
    fetch: (target, init) => {
      sent.push(`${init?.method} ${init?.body ?? decodeURIComponent(String(target))}`);
      return fetch(target, init);
    },
  });
  const client = new ApolloClient({
    link: createPersistedQueryLink(options).concat(link),
    cache: new InMemoryCache(),
  });
  return { client, sent };
}

test("Apollo Client sends the text of a document once, and from then on its hash", async () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const options = { sha256, useGETForHashedQueries: true };
  const first = persisting(url, options);
  const { data } = await first.client.query({ query: COUNT });
  assert.equal(first.sent.length, 2);
  assert.match(first.sent[1] ?? "", /totalCount/);
  const second = persisting(url, options);
  assert.deepEqual((await second.client.query({ query: COUNT })).data, data);
  assert.equal(second.sent.length, 1);
  assert.match(second.sent[0] ?? "", /^GET .*sha256Hash/);
  assert.doesNotMatch(second.sent[0] ?? "", /totalCount/);
});

test("Apollo Client asks by codegen's hashes where nothing else is run", async () => {
  const hashOf = (document: unknown) => (document as { __meta__: { hash: string } }).__meta__.hash;
  const known = persisting(trustedUrl, { generateHash: hashOf });
  assert.ok(((await known.client.query({ query: COUNT })).data?.posts.totalCount ?? 0) > 0);
  assert.equal(known.sent.length, 1);
  const unknown = persisting(trustedUrl, { generateHash: () => "0".repeat(64) });
  assert.equal(await codeOf(unknown.client.query({ query: COUNT })), "PERSISTED_QUERY_ONLY");
});

async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  const error: unknown = await answer.then(
    () => assert.fail("it was answered"),
    (reason: unknown) => reason,
  );
  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  return error.errors[0]?.extensions?.["code"];
}
