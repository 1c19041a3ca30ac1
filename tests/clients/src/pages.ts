import assert from "node:assert/strict";

interface Page {
  edges: { node: { id: string } }[];
  pageInfo: { endCursor?: string | null };
}

/** Check that two pages of two entries were joined to what one page of four is. */
export function assertJoined(joined: Page | undefined, whole: Page | undefined): void {
  const ids = (page: Page | undefined) => page?.edges.map((edge) => edge.node.id);
  assert.equal(new Set(ids(joined)).size, 4);
  assert.deepEqual(ids(joined), ids(whole));
  assert.equal(joined?.pageInfo.endCursor, whole?.pageInfo.endCursor);
}
