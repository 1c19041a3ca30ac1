/** What takes the place of Monaco's two diff editors, which GraphiQL never opens. */
export class DiffEditorWidget {}
export class MultiDiffEditorWidget {}
