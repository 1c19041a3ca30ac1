import assert from "node:assert/strict";
import { test } from "node:test";
import {
  commitMutation,
  fetchQuery,
  getSingularSelector,
  graphql,
  type Environment,
  type GraphQLTaggedNode,
} from "relay-runtime";
import { asAuthor, asForger } from "../server";
import { environment } from "./environment";
import type { relayTestAuthor_post$data } from "./__generated__/relayTestAuthor_post.graphql";
import type { relayTestCommentMutation } from "./__generated__/relayTestCommentMutation.graphql";
import type {
  relayTestComments_post$data,
  relayTestComments_post$key,
} from "./__generated__/relayTestComments_post.graphql";
import type { relayTestCommentsPageQuery } from "./__generated__/relayTestCommentsPageQuery.graphql";
import CommentsPage from "./__generated__/relayTestCommentsPageQuery.graphql";
import type { relayTestDeferredQuery } from "./__generated__/relayTestDeferredQuery.graphql";
import type { relayTestPostQuery } from "./__generated__/relayTestPostQuery.graphql";
import type { relayTestPostsQuery } from "./__generated__/relayTestPostsQuery.graphql";

const POSTS = graphql`
  query relayTestPostsQuery {
    posts(first: 1, orderBy: [{ field: COMMENTS, direction: DESC }]) {
      nodes {
        id
        title
        commentCount
      }
    }
  }
`;

const COMMENTS = graphql`
  fragment relayTestComments_post on Post
  @refetchable(queryName: "relayTestCommentsPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    title
    comments(first: $count, after: $cursor) @connection(key: "relayTestComments_comments") {
      __id
      edges {
        node {
          id
          body
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

const POST = graphql`
  query relayTestPostQuery($id: ID!) {
    post(by: { id: $id }) {
      ...relayTestComments_post
    }
  }
`;

const ADD_COMMENT = graphql`
  mutation relayTestCommentMutation($input: AddCommentInput!, $connections: [ID!]!) {
    addComment(input: $input) {
      commentEdge @appendEdge(connections: $connections) {
        cursor
        node {
          id
          body
        }
      }
      errors {
        code
      }
    }
  }
`;

const DEFERRED = graphql`
  query relayTestDeferredQuery {
    posts(first: 2) {
      nodes {
        title
        ...relayTestAuthor_post @defer
      }
    }
  }
`;

const AUTHOR = graphql`
  fragment relayTestAuthor_post on Post {
    author {
      displayName
    }
  }
`;

/** Give the id of the post with the most comments. */
async function busiestPost(relay: Environment): Promise<{ id: string; commentCount: number }> {
  const answer = await fetchQuery<relayTestPostsQuery>(relay, POSTS, {}).toPromise();
  const post = answer?.posts.nodes[0];
  assert.ok(post !== undefined);
  return post;
}

/** Read the comments of a post as a component with the fragment sees them. */
function seen(relay: Environment, post: relayTestComments_post$key): relayTestComments_post$data {
  return read(relay, COMMENTS, post) as relayTestComments_post$data;
}

function read(relay: Environment, fragment: GraphQLTaggedNode, of: unknown): unknown {
  const selector = getSingularSelector(fragment as never, of);
  assert.ok(selector !== null && selector !== undefined);
  return relay.lookup(selector).data;
}

/** Load a post with the first page of its comments, and keep both from being collected. */
async function loadPost(relay: Environment, id: string): Promise<relayTestComments_post$key> {
  const answer = await fetchQuery<relayTestPostQuery>(relay, POST, { id }).toPromise();
  assert.ok(answer?.post);
  return answer.post;
}

function ids(post: relayTestComments_post$data): string[] {
  return post.comments.edges.map((edge) => edge.node.id);
}

test("Relay reads a fragment's data, and a fragment's alone", async () => {
  const relay = environment();
  const post = await loadPost(relay, (await busiestPost(relay)).id);
  assert.ok(!("title" in post));
  const { title, comments } = seen(relay, post);
  assert.ok(title.length > 0);
  assert.equal(comments.edges.length, 2);
  assert.equal(comments.pageInfo.hasNextPage, true);
});

test("Relay loads the next page of a @connection by node(id:), until there is none", async () => {
  const relay = environment();
  const { id, commentCount } = await busiestPost(relay);
  const post = await loadPost(relay, id);
  for (let page = seen(relay, post); page.comments.pageInfo.hasNextPage; page = seen(relay, post)) {
    const variables = { id, count: 2, cursor: page.comments.pageInfo.endCursor };
    await fetchQuery<relayTestCommentsPageQuery>(relay, CommentsPage, variables).toPromise();
    assert.ok(ids(seen(relay, post)).length > ids(page).length);
  }
  const all = ids(seen(relay, post));
  assert.equal(all.length, commentCount);
  assert.equal(new Set(all).size, commentCount);
});

test("Relay puts the edge that a mutation answers with at the end of its connection", async () => {
  const relay = environment(asAuthor);
  const { id } = await busiestPost(relay);
  const post = await loadPost(relay, id);
  const before = seen(relay, post).comments;
  const { addComment } = await commit(relay, {
    input: { postId: id, body: "By Relay." },
    connections: [before.__id],
  });
  assert.deepEqual(addComment.errors, []);
  const after = seen(relay, post).comments.edges;
  assert.equal(after.length, before.edges.length + 1);
  assert.equal(after.at(-1)?.node.id, addComment.commentEdge?.node.id);
  assert.equal(after.at(-1)?.node.body, "By Relay.");
});

test("Relay finds what a form got wrong in the payload", async () => {
  const relay = environment(asAuthor);
  const { id } = await busiestPost(relay);
  const { addComment } = await commit(relay, { input: { postId: id, body: "" }, connections: [] });
  assert.equal(addComment.commentEdge, null);
  assert.deepEqual(addComment.errors.map(({ code }) => code), ["REQUIRED"]);
});

test("Relay puts what was deferred into the fragment that asked for it, once it is there", async () => {
  const relay = environment();
  const states: (Partial<relayTestAuthor_post$data> | undefined)[][] = [];
  await new Promise<void>((resolve, reject) => {
    fetchQuery<relayTestDeferredQuery>(relay, DEFERRED, {}).subscribe({
      next: ({ posts }) => {
        assert.ok(posts.nodes.every(({ title }) => title.length > 0));
        states.push(posts.nodes.map((post) => read(relay, AUTHOR, post) as never));
      },
      complete: () => resolve(),
      error: reject,
    });
  });
  assert.deepEqual(states[0]?.map((post) => post?.author), [undefined, undefined]);
  assert.ok(states.at(-1)?.every((post) => post?.author?.displayName));
});

test("Relay throws the errors of a request that is refused", async () => {
  const forged = fetchQuery(environment(asForger), POSTS, {}).toPromise();
  await assert.rejects(forged, /the access token cannot be used/);
});

function commit(
  relay: Environment,
  variables: relayTestCommentMutation["variables"],
): Promise<relayTestCommentMutation["response"]> {
  return new Promise((resolve, reject) => {
    commitMutation<relayTestCommentMutation>(relay, {
      mutation: ADD_COMMENT,
      variables,
      onCompleted: resolve,
      onError: reject,
    });
  });
}
