import {
  Environment,
  Network,
  Observable,
  RecordSource,
  Store,
  type GraphQLResponse,
  type GraphQLSingularResponse,
  type RequestParameters,
  type Variables,
} from "relay-runtime";
import { trustedUrl } from "../server";

/** An answer, or a part of one: the last may say no more than that it is the last. */
type Part = GraphQLSingularResponse & {
  incremental?: GraphQLSingularResponse[];
  completed?: unknown[];
};

/** Give the parts of an answer as they come; what has none is one. */
async function* partsOf(response: Response): AsyncGenerator<Part> {
  if (!response.headers.get("Content-Type")?.startsWith("multipart/mixed") || !response.body) {
    yield (await response.json()) as Part;
    return;
  }
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split("\r\n---");
    text = parts.pop() ?? "";
    yield* parts.map((part) => JSON.parse(part.slice(part.indexOf("\r\n\r\n"))) as Part);
  }
}

/** A Relay environment whose documents the server has been told to trust. */
export function environment(headers: Record<string, string> = {}): Environment {
  async function* ask(request: RequestParameters, variables: Variables) {
    const response = await fetch(trustedUrl, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json, multipart/mixed",
        ...headers,
      },
      body: JSON.stringify({ documentId: request.id, variables }),
    });
    for await (const { incremental, completed, ...answer } of partsOf(response)) {
      if (incremental !== undefined || completed === undefined) {
        yield (incremental ?? answer) as GraphQLResponse;
      }
    }
  }
  const network = Network.create((request, variables) =>
    Observable.create((sink) => {
      const send = async () => {
        for await (const answer of ask(request, variables)) {
          sink.next(answer);
        }
      };
      send().then(sink.complete, sink.error);
    }),
  );
  return new Environment({ network, store: new Store(new RecordSource()) });
}
