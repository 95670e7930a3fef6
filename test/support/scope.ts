/** Where cleanup is registered, on the line that creates: a test's context, or a row of the benchmark. */
export interface Scope {
  after(undo: () => unknown): void
}
