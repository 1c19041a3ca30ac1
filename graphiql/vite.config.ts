import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Builds our file in place of `node_modules/…`, whoever imports it; fails when nobody does. */
function replaceModules(replacements: Record<string, string>): Plugin {
  const unused = new Set(Object.keys(replacements));
  return {
    name: "replace-modules",
    load(id) {
      const path = Object.keys(replacements).find((path) => id.endsWith(`/node_modules/${path}`));
      if (!path) return null;
      unused.delete(path);
      return `export * from ${JSON.stringify(here(replacements[path]))}`;
    },
    buildEnd(error) {
      if (!error && unused.size) this.error(`nothing imports ${[...unused].join(", ")}`);
    },
  };
}

/**
 * Builds the workers' script as a second entry, which shares chunks with the page, where Vite's
 * `?worker` would pack a second copy of each. `virtual:worker` exports its address.
 */
function workerEntry(file: string): Plugin {
  return {
    name: "worker-entry",
    resolveId: (id) => (id === "virtual:worker" ? "\0virtual:worker" : null),
    load(id) {
      if (id !== "\0virtual:worker") return null;
      const entry = this.emitFile({ type: "chunk", name: "worker", id: here(file) });
      return `export default import.meta.ROLLUP_FILE_URL_${entry}`;
    },
  };
}

/** Keeps the notices for what Monaco's package contains; `build.license` knows packages only. */
function monacoNotices(): Plugin {
  return {
    name: "monaco-notices",
    generateBundle() {
      this.emitFile({
        type: "asset",
        fileName: "LICENSES-monaco-editor.txt",
        source: readFileSync(here("node_modules/monaco-editor/ThirdPartyNotices.txt")),
      });
    },
  };
}

const diffEditors = "monaco-editor/esm/vs/editor/browser/widget";

export default defineConfig({
  publicDir: false,
  plugins: [
    replaceModules({
      "monaco-graphql/esm/monaco-editor.js": "src/editor/monaco.ts",
      [`${diffEditors}/diffEditor/diffEditorWidget.js`]: "src/editor/absent.ts",
      [`${diffEditors}/multiDiffEditor/multiDiffEditorWidget.js`]: "src/editor/absent.ts",
      "prettier/plugins/babel.js": "src/editor/jsonc.ts",
      "prettier/plugins/estree.mjs": "src/editor/jsonc.ts",
      "prettier/plugins/graphql.js": "node_modules/prettier/plugins/graphql.mjs",
    }),
    workerEntry("src/editor/worker.ts"),
    monacoNotices(),
  ],
  // graphql-js looks for Node's `process` before it believes in production
  define: { "globalThis.process": "true" },
  experimental: {
    // the page is at /graphql and its assets are at /graphiql/
    renderBuiltUrl: (name, { hostType }) =>
      hostType === "html" ? name.replace("assets/", "graphiql/") : { relative: true },
  },
  build: {
    outDir: "../graphql_api/http/static/graphiql",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    license: { fileName: "LICENSES.md" },
    modulePreload: { polyfill: false },
    rolldownOptions: {
      onLog: (level, log, handler) =>
        // "use client" speaks to server renderers
        log.code === "MODULE_LEVEL_DIRECTIVE" ? undefined : handler(level, log),
    },
  },
});
