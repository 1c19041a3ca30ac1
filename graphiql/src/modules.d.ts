/** The address of the built `editor/worker.ts`. */
declare module "virtual:worker" {
  const url: string;
  export default url;
}

declare module "monaco-editor/esm/vs/editor/editor.worker.js" {
  import type { worker } from "monaco-editor";

  export function initialize(
    create: ((context: worker.IWorkerContext, data: never) => object) | null,
  ): void;
}
