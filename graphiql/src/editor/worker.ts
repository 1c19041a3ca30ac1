/**
 * Every language service of the editor. Monaco starts one worker per service and `name` says
 * which; the first message only starts it.
 */
import { initialize } from "monaco-editor/esm/vs/editor/editor.worker.js";
import "monaco-editor/esm/vs/language/json/json.worker.js"; // makes itself the handler of messages
import { GraphQLWorker } from "monaco-graphql/esm/GraphQLWorker.js";

if (self.name === "graphql") {
  self.onmessage = () => initialize((context, data) => new GraphQLWorker(context, data));
} else if (self.name !== "json") {
  self.onmessage = () => initialize(null);
}
