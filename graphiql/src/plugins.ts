import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import type { GraphiQLPlugin } from "@graphiql/react";

import { batchesPlugin } from "./batches/plugin";

/**
 * The panels beside the docs, from top to bottom. A panel of our own is one more entry: a title,
 * an icon and a React component.
 */
export const plugins: GraphiQLPlugin[] = [HISTORY_PLUGIN, explorerPlugin(), batchesPlugin];
