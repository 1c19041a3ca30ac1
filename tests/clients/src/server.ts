/** Where the server of the tests listens, and who may write there. */

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is missing: run make test-clients`);
  }
  return value;
}

export const url = given("GRAPHQL_URL");

/** Another server, which runs the documents of our manifests and no others. */
export const trustedUrl = given("TRUSTED_URL");
export const socketUrl = url.replace("http", "ws");

/** The headers of a user who may write posts. */
export const asAuthor = { Authorization: `Bearer ${given("AUTHOR_TOKEN")}` };

/** The headers of one whose token proves nothing. */
export const asForger = { Authorization: "Bearer forged" };
