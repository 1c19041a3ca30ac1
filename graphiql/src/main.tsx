import { createGraphiQLFetcher, StorageAPI } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import type { Environment } from "monaco-editor";
import { createRoot } from "react-dom/client";
import workerUrl from "virtual:worker";

import { watched } from "./batches/watch";
import firstQuery from "./first-query.graphql?raw";
import { plugins } from "./plugins";
import "./style.css";

self.MonacoEnvironment = {
  getWorker: (_module, label) => new Worker(workerUrl, { type: "module", name: label }),
} satisfies Environment;

const root = document.getElementById("graphiql")!;
const url = new URL(root.dataset.endpoint!, document.baseURI).href;
const fetcher = watched(createGraphiQLFetcher({ url }));

// stored as if typed, not given as `defaultQuery`: GraphiQL stores what was edited, and when that is
// the headers alone, it takes the tab for another one at the next visit and opens an empty second
const storage = new StorageAPI();
if (!storage.get("tabState")) storage.set("query", firstQuery);

createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    shouldPersistHeaders
    inputValueDeprecation
    schemaDescription
  />,
);
