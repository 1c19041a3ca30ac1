import {
  Environment,
  Network,
  RecordSource,
  Store,
  type GraphQLResponse,
  type RequestParameters,
  type Variables,
} from "relay-runtime";
import { url } from "../server";

/** A Relay environment that keeps what it hears. */
export function environment(headers: Record<string, string> = {}): Environment {
  async function ask(request: RequestParameters, variables: Variables): Promise<GraphQLResponse> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ query: request.text, variables }),
    });
    return (await response.json()) as GraphQLResponse;
  }
  return new Environment({ network: Network.create(ask), store: new Store(new RecordSource()) });
}
