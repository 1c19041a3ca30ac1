import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError, GraphQLClient } from "graphql-request";
import { graphql } from "./generated";
import { asAuthor, asForger, url } from "./server";

const LATEST = graphql(`
  query LatestPosts($first: Int!) {
    posts(first: $first) {
      nodes {
        title
        publishedAt
        author {
          displayName
        }
      }
    }
  }
`);

const VIEWER = graphql(`
  query Viewer {
    viewer {
      user {
        username
      }
    }
  }
`);

const DRAFT = graphql(`
  mutation Draft($input: CreatePostInput!) {
    createPost(input: $input) {
      post {
        id
        title
        status
      }
      errors {
        code
        path
      }
    }
  }
`);

test("graphql-request gives typed data of a query with variables", async () => {
  const { posts } = await new GraphQLClient(url).request(LATEST, { first: 3 });
  assert.equal(posts.nodes.length, 3);
  for (const post of posts.nodes) {
    assert.ok(post.title.length > 0 && post.author.displayName.length > 0);
    assert.ok(!Number.isNaN(Date.parse(post.publishedAt ?? "")));
  }
});

test("graphql-request sends a query by GET", async () => {
  const client = new GraphQLClient(url, { method: "GET" });
  const { posts } = await client.request(LATEST, { first: 1 });
  assert.equal(posts.nodes.length, 1);
});

test("graphql-request writes as whoever its token names", async () => {
  const client = new GraphQLClient(url, { headers: asAuthor });
  assert.equal((await client.request(VIEWER)).viewer?.user.username, "author");
  const input = { title: "By request", body: "One." };
  const { createPost } = await client.request(DRAFT, { input });
  assert.deepEqual(createPost.errors, []);
  assert.equal(createPost.post?.title, "By request");
  assert.equal(createPost.post?.status, "DRAFT");
});

test("graphql-request finds what a form got wrong in the payload", async () => {
  const client = new GraphQLClient(url, { headers: asAuthor });
  const { createPost } = await client.request(DRAFT, { input: { title: "", body: "One." } });
  assert.equal(createPost.post, null);
  assert.equal(createPost.errors[0]?.code, "REQUIRED");
  assert.deepEqual(createPost.errors[0]?.path, ["title"]);
});

test("graphql-request throws status and code of a request that is refused", async () => {
  const refused = await errorOf(new GraphQLClient(url, { headers: asForger }).request(VIEWER));
  assert.equal(refused.response.status, 401);
  assert.equal(refused.response.errors?.[0]?.extensions["code"], "UNAUTHENTICATED");
  const invalid = await errorOf(new GraphQLClient(url).request("{ nothing }"));
  assert.equal(invalid.response.errors?.[0]?.extensions["code"], "GRAPHQL_VALIDATION_FAILED");
});

async function errorOf(answer: Promise<unknown>): Promise<ClientError> {
  const error: unknown = await answer.then(
    () => assert.fail("it was answered"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ClientError);
  return error;
}
